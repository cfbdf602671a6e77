//! How telephone numbers are written in the countries of most shops (ITU-T E.164 and the national numbering plans that it
//! lists).

use crate::field::plain;

/// A country's telephone numbers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Country {
    /// ISO 3166-1, two letters.
    code: &'static str,
    /// What else it is called, in lower case without blanks.
    names: &'static [&'static str],
    /// The country code of E.164.
    pub(super) calling: &'static str,
    /// What is dialled before a number within the country, and is no part of it abroad; empty where there is none.
    pub(super) trunk: &'static str,
    /// Fewest and most digits of a number without either.
    pub(super) digits: (usize, usize),
}

const fn country(
    code: &'static str,
    names: &'static [&'static str],
    (calling, trunk): (&'static str, &'static str),
    digits: (usize, usize),
) -> Country {
    Country {
        code,
        names,
        calling,
        trunk,
        digits,
    }
}

/// In Italy a number keeps its zero abroad, too.
const COUNTRIES: &[Country] = &[
    country(
        "US",
        &[
            "usa",
            "unitedstates",
            "unitedstatesofamerica",
            "美国",
            "美國",
        ],
        ("1", "1"),
        (10, 10),
    ),
    country("CA", &["can", "canada", "加拿大"], ("1", "1"), (10, 10)),
    country(
        "GB",
        &[
            "gbr",
            "uk",
            "unitedkingdom",
            "greatbritain",
            "england",
            "英国",
            "英國",
        ],
        ("44", "0"),
        (7, 10),
    ),
    country("IE", &["irl", "ireland"], ("353", "0"), (7, 9)),
    country(
        "DE",
        &[
            "deu",
            "germany",
            "deutschland",
            "allemagne",
            "alemania",
            "德国",
            "德國",
            "ドイツ",
        ],
        ("49", "0"),
        (5, 11),
    ),
    country(
        "AT",
        &["aut", "austria", "österreich"],
        ("43", "0"),
        (5, 11),
    ),
    country(
        "CH",
        &["che", "switzerland", "schweiz", "suisse", "svizzera"],
        ("41", "0"),
        (9, 9),
    ),
    country(
        "FR",
        &["fra", "france", "frankreich", "francia", "法国", "法國"],
        ("33", "0"),
        (9, 9),
    ),
    country(
        "BE",
        &["bel", "belgium", "belgien", "belgique", "belgië"],
        ("32", "0"),
        (8, 9),
    ),
    country(
        "NL",
        &[
            "nld",
            "netherlands",
            "thenetherlands",
            "nederland",
            "niederlande",
        ],
        ("31", "0"),
        (9, 9),
    ),
    country(
        "LU",
        &["lux", "luxembourg", "luxemburg"],
        ("352", ""),
        (5, 11),
    ),
    country(
        "IT",
        &["ita", "italy", "italia", "italien", "意大利"],
        ("39", ""),
        (6, 11),
    ),
    country(
        "ES",
        &["esp", "spain", "españa", "spanien", "espagne", "西班牙"],
        ("34", ""),
        (9, 9),
    ),
    country("PT", &["prt", "portugal"], ("351", ""), (9, 9)),
    country("GR", &["grc", "greece"], ("30", ""), (10, 10)),
    country(
        "DK",
        &["dnk", "denmark", "danmark", "dänemark"],
        ("45", ""),
        (8, 8),
    ),
    country(
        "NO",
        &["nor", "norway", "norge", "norwegen"],
        ("47", ""),
        (8, 8),
    ),
    country(
        "SE",
        &["swe", "sweden", "sverige", "schweden"],
        ("46", "0"),
        (7, 9),
    ),
    country(
        "FI",
        &["fin", "finland", "suomi", "finnland"],
        ("358", "0"),
        (5, 10),
    ),
    country(
        "PL",
        &["pol", "poland", "polska", "polen"],
        ("48", ""),
        (9, 9),
    ),
    country(
        "CZ",
        &["cze", "czechia", "czechrepublic", "tschechien"],
        ("420", ""),
        (9, 9),
    ),
    country("SK", &["svk", "slovakia", "slowakei"], ("421", "0"), (9, 9)),
    country("HU", &["hun", "hungary", "ungarn"], ("36", "06"), (8, 9)),
    country("RO", &["rou", "romania", "rumänien"], ("40", "0"), (9, 9)),
    country(
        "TR",
        &["tur", "turkey", "türkiye", "türkei"],
        ("90", "0"),
        (10, 10),
    ),
    country(
        "RU",
        &["rus", "russia", "russianfederation", "россия", "俄罗斯"],
        ("7", "8"),
        (10, 10),
    ),
    country("UA", &["ukr", "ukraine"], ("380", "0"), (9, 9)),
    country(
        "CN",
        &["chn", "china", "mainlandchina", "中国", "中國"],
        ("86", "0"),
        (9, 11),
    ),
    country("HK", &["hkg", "hongkong", "香港"], ("852", ""), (8, 8)),
    country(
        "TW",
        &["twn", "taiwan", "台湾", "台灣", "臺灣"],
        ("886", "0"),
        (8, 9),
    ),
    country("JP", &["jpn", "japan", "日本"], ("81", "0"), (9, 10)),
    country(
        "KR",
        &["kor", "southkorea", "korea", "韩国", "韓國"],
        ("82", "0"),
        (8, 10),
    ),
    country("SG", &["sgp", "singapore", "新加坡"], ("65", ""), (8, 8)),
    country("MY", &["mys", "malaysia", "马来西亚"], ("60", "0"), (8, 10)),
    country("TH", &["tha", "thailand"], ("66", "0"), (8, 9)), // spelling: ignore
    country("VN", &["vnm", "vietnam"], ("84", "0"), (9, 10)),
    country("ID", &["idn", "indonesia"], ("62", "0"), (8, 11)),
    country("PH", &["phl", "philippines"], ("63", "0"), (8, 10)),
    country("IN", &["ind", "india", "印度"], ("91", "0"), (10, 10)),
    country(
        "AE",
        &["are", "unitedarabemirates", "uae"],
        ("971", "0"),
        (8, 9),
    ),
    country("SA", &["sau", "saudiarabia"], ("966", "0"), (8, 9)),
    country("IL", &["isr", "israel"], ("972", "0"), (8, 9)),
    country("ZA", &["zaf", "southafrica"], ("27", "0"), (9, 9)),
    country("AU", &["aus", "australia", "澳大利亚"], ("61", "0"), (9, 9)),
    country("NZ", &["nzl", "newzealand"], ("64", "0"), (8, 10)),
    country(
        "BR",
        &["bra", "brazil", "brasil", "brasilien"],
        ("55", "0"),
        (10, 11),
    ),
    country(
        "MX",
        &["mex", "mexico", "méxico", "mexiko"],
        ("52", ""),
        (10, 10),
    ),
    country("AR", &["arg", "argentina"], ("54", "0"), (10, 11)),
    country("CL", &["chl", "chile"], ("56", ""), (9, 9)),
    country("CO", &["col", "colombia"], ("57", ""), (8, 10)),
];

impl Country {
    /// Returns the country of a code of two or three letters or of a name.
    pub(crate) fn find(text: &str) -> Option<&'static Self> {
        let wanted = plain(text);
        COUNTRIES.iter().find(|country| {
            country.code.eq_ignore_ascii_case(&wanted) || country.names.contains(&wanted.as_str())
        })
    }

    /// Returns the country whose numbers begin with these digits; of one code the first.
    pub(super) fn of_number(digits: &str) -> Option<&'static Self> {
        COUNTRIES
            .iter()
            .find(|country| digits.starts_with(country.calling))
    }

    /// Returns the codes of all countries.
    pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
        COUNTRIES.iter().map(|country| country.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_its_codes_and_names() {
        for text in ["DE", "de", "DEU", "Germany", " Deutschland ", "德国"] {
            assert_eq!(Country::find(text).unwrap().code, "DE", "{text}");
        }
        assert_eq!(Country::find("United States").unwrap().code, "US");
        assert!(Country::find("").is_none() && Country::find("Atlantis").is_none());
    }

    #[test]
    fn the_table_is_sound() {
        let mut seen = std::collections::BTreeSet::new();
        for country in COUNTRIES {
            for name in country.names.iter().copied().chain([country.code]) {
                assert_eq!(plain(name), name.to_lowercase(), "{name}");
                assert!(
                    seen.insert(name.to_lowercase()),
                    "{name} stands there twice"
                );
            }
            // E.164: at most fifteen digits with the country's.
            let (fewest, most) = country.digits;
            assert!(fewest <= most && most + country.calling.len() <= 15);
            // No country code begins another, but for those who share one.
            let others = COUNTRIES
                .iter()
                .filter(|other| other.calling != country.calling);
            for other in others {
                assert!(
                    !other.calling.starts_with(country.calling),
                    "{}",
                    other.code
                );
            }
        }
    }
}
