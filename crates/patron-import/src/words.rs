//! The words of `words.toml`: headers, statuses, totals, missing values.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use patron_core::OrderStatus;
use serde::Deserialize;

use crate::content::Content;
use crate::field::{Field, plain};
use crate::value::amount;

/// Ranks below this are of words that can mean nothing else.
const EXPLICIT_RANKS: usize = 4;

const SOURCE: &str = include_str!("../words.toml");

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // The file is part of the binary and a test reads it.
    toml::from_str::<Source>(SOURCE)
        .unwrap_or_default()
        .compile()
});

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    columns: BTreeMap<String, Vec<Vec<String>>>,
    statuses: BTreeMap<String, Vec<String>>,
    refund_statuses: BTreeMap<String, Vec<String>>,
    order_level: List,
    totals: List,
    missing: List,
    contents: Vec<ContentWords>,
    unstable_keys: List,
    alias_domains: List,
    currencies: List,
}

/// By which headers a file that holds no orders is known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentWords {
    pub(crate) holds: Content,
    has: Vec<Vec<String>>,
    lacks: Vec<String>,
    /// It does not hold where other columns have days and money.
    #[serde(default)]
    pub(crate) is_weak: bool,
}

#[derive(Debug, Default, Deserialize)]
struct List {
    words: Vec<String>,
}

/// What a status word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusMeaning {
    pub(crate) status: OrderStatus,
    /// The whole amount went back, unless a column says how much.
    pub(crate) whole_amount_refunded: bool,
}

impl StatusMeaning {
    pub(crate) const PAID: Self = Self::plain(OrderStatus::Paid);

    pub(crate) const fn plain(status: OrderStatus) -> Self {
        Self {
            status,
            whole_amount_refunded: matches!(status, OrderStatus::Refunded),
        }
    }
}

#[derive(Debug, Default)]
struct Words {
    /// Header word → its fields with the rank of the list (0 is best).
    columns: HashMap<String, Vec<(Field, usize)>>,
    statuses: HashMap<String, StatusMeaning>,
    refund_statuses: HashMap<String, StatusMeaning>,
    order_level: Vec<String>,
    totals: Vec<String>,
    missing: Vec<String>,
    contents: Vec<ContentWords>,
    unstable_keys: Vec<String>,
    alias_domains: Vec<String>,
    currencies: Vec<String>,
}

impl Source {
    fn compile(self) -> Words {
        let mut words = Words::default();
        for (key, ranks) in &self.columns {
            let Some(field) = Field::from_key(key) else {
                continue;
            };
            for (rank, list) in ranks.iter().enumerate() {
                for word in list {
                    words
                        .columns
                        .entry(plain(word))
                        .or_default()
                        .push((field, rank));
                }
            }
        }
        words.statuses = meanings(&self.statuses, meaning);
        words.refund_statuses = meanings(&self.refund_statuses, refund_meaning);
        words.order_level = plain_all(&self.order_level.words);
        words.totals = plain_all(&self.totals.words);
        words.missing = self.missing.words;
        words.contents = self.contents;
        words.unstable_keys = plain_all(&self.unstable_keys.words);
        words.alias_domains = self.alias_domains.words;
        words.currencies = self.currencies.words;
        words
    }
}

fn meanings(
    lists: &BTreeMap<String, Vec<String>>,
    meaning: fn(&str) -> Option<StatusMeaning>,
) -> HashMap<String, StatusMeaning> {
    let known = lists
        .iter()
        .filter_map(|(key, list)| Some((meaning(key)?, list)));
    known
        .flat_map(|(meaning, list)| list.iter().map(move |word| (plain(word), meaning)))
        .collect()
}

/// Refunds that were given count as paid orders do.
fn refund_meaning(key: &str) -> Option<StatusMeaning> {
    Some(StatusMeaning::plain(match key {
        "given" => OrderStatus::Paid,
        "pending" => OrderStatus::Pending,
        "refused" => OrderStatus::Cancelled,
        _ => return None,
    }))
}

fn plain_all(words: &[String]) -> Vec<String> {
    words.iter().map(|word| plain(word)).collect()
}

pub(crate) fn meaning(key: &str) -> Option<StatusMeaning> {
    let status = match key {
        "paid" => OrderStatus::Paid,
        "pending" => OrderStatus::Pending,
        "cancelled" => OrderStatus::Cancelled,
        "void" => OrderStatus::Void,
        "test" => OrderStatus::Test,
        "refunded" | "partially_refunded" => OrderStatus::Refunded,
        _ => return None,
    };
    Some(StatusMeaning {
        status,
        whole_amount_refunded: key == "refunded",
    })
}

/// Returns the rank of a header as a field, 0 being best; nothing if the word does not mean the field. A unit or a
/// currency in brackets behind the word, as in `Amount (EUR)`, makes it half a rank weaker.
pub(crate) fn column_rank(header: &str, field: Field) -> Option<usize> {
    let rank = |word: &str| {
        let fields = WORDS.columns.get(&plain(word))?;
        let found = fields.iter().find(|(known, _)| *known == field);
        found.map(|&(_, rank)| rank * 2)
    };
    rank(header).or_else(|| Some(rank(bracketed(header)?.0)? + 1))
}

/// Returns true for a word that means some field that decides; details tell nothing of a file, so that it is read in the
/// same way with and without them.
pub(crate) fn is_header(word: &str) -> bool {
    let decides = |word: &str| {
        let fields = WORDS.columns.get(&plain(word));
        let of_orders = |field: Field| !field.is_only_detail() && !field.is_of_lists();
        fields.is_some_and(|fields| fields.iter().any(|&(field, _)| of_orders(field)))
    };
    decides(word) || bracketed(word).is_some_and(|(before, _)| decides(before))
}

/// Returns what stands before brackets at a header's end, and in them.
fn bracketed(header: &str) -> Option<(&str, &str)> {
    let inside = header.trim().strip_suffix([')', '）', ']', '】'])?;
    let (before, within) = inside.rsplit_once(['(', '（', '[', '【'])?;
    (!before.trim().is_empty()).then_some((before, within.trim()))
}

/// Returns the code of the currency that a header names in brackets, as in `Amount (EUR)` or `Total [€]`; signs that
/// several currencies share name none.
pub(crate) fn header_currency(header: &str) -> Option<String> {
    let (_, within) = bracketed(header)?;
    let code = amount::currency_code(within);
    // 元 is the dollar of Taiwan as well as the yuan.
    (within != "元" && WORDS.currencies.iter().any(|known| *known == code))
        .then(|| code.into_owned())
}

/// Returns true for headers of amounts that belong to a whole order, such as `order_total`.
pub(crate) fn is_order_level(header: &str) -> bool {
    let known = |word: &str| WORDS.order_level.contains(&plain(word));
    known(header) || bracketed(header).is_some_and(|(before, _)| known(before))
}

/// Returns true for a column that changes for one and the same person.
pub(crate) fn is_unstable_key(header: &str) -> bool {
    WORDS.unstable_keys.contains(&plain(header))
}

/// Returns true for the domain of an address behind which a marketplace hides the customer's own.
pub(crate) fn is_alias_domain(domain: &str) -> bool {
    WORDS.alias_domains.iter().any(|known| {
        domain
            .get(..known.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(known))
    })
}

/// Returns what a file with these headers holds, if it is known not to be orders.
pub(crate) fn content(headers: &[String]) -> Option<&'static ContentWords> {
    let there: Vec<String> = headers.iter().map(|header| plain(header)).collect();
    let recognised = |key: &String| {
        let (name, most) = match key.strip_suffix('!') {
            Some(name) => (name, EXPLICIT_RANKS),
            None => (key.as_str(), usize::MAX),
        };
        let field = Field::from_key(name);
        field.is_some_and(|field| {
            headers
                .iter()
                .any(|header| column_rank(header, field).is_some_and(|rank| rank < most))
        })
    };
    let is_there = |word: &String| {
        if word.ends_with('!') {
            recognised(word)
        } else {
            there.contains(&plain(word))
        }
    };
    let has = |group: &Vec<String>| group.iter().any(is_there);
    WORDS
        .contents
        .iter()
        .find(|words| words.has.iter().all(has) && !words.lacks.iter().any(recognised))
}

/// Returns what a status word means, in any of the languages known.
pub(crate) fn status(word: &str) -> Option<StatusMeaning> {
    WORDS.statuses.get(&plain(word)).copied()
}

/// Returns what a status word of a refund means, in any of the languages known.
pub(crate) fn refund_status(word: &str) -> Option<StatusMeaning> {
    WORDS
        .refund_statuses
        .get(&plain(word))
        .copied()
        .or_else(|| status(word))
}

/// Returns true for the first cell of a line of totals, such as `Total`, `Total:` or `合计`.
pub(crate) fn is_total(cell: &str) -> bool {
    cell.len() <= 40 && WORDS.totals.contains(&plain(cell))
}

/// Returns true for an empty cell and for the words that stand for one (`NaN`, `null`, `None`, `N/A`, `\N`, …).
pub(crate) fn is_missing(trimmed: &str) -> bool {
    match trimmed.len() {
        0 => true,
        2..=4 => {
            // Ids and numbers start with other letters far more often than not.
            matches!(
                trimmed.as_bytes().first(),
                Some(b'n' | b'N' | b'\\' | b'#' | b'<')
            ) && WORDS
                .missing
                .iter()
                .any(|word| word.eq_ignore_ascii_case(trimmed))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_parses_and_names_known_fields_and_statuses() {
        let source: Source = toml::from_str(SOURCE).unwrap();
        for key in source.columns.keys() {
            assert!(Field::from_key(key).is_some(), "{key}");
        }
        for key in source.statuses.keys() {
            assert!(meaning(key).is_some(), "{key}");
        }
        for key in source.refund_statuses.keys() {
            assert!(refund_meaning(key).is_some(), "{key}");
        }
        for word in &source.missing.words {
            assert!(is_missing(word), "{word}");
        }
        for words in &source.contents {
            assert_ne!(words.holds, Content::Orders);
            let of_has = words.has.iter().flatten().filter(|key| key.ends_with('!'));
            for key in words.lacks.iter().chain(of_has) {
                assert!(
                    Field::from_key(key.trim_end_matches('!')).is_some(),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_status_word_has_one_meaning() {
        let source: Source = toml::from_str(SOURCE).unwrap();
        for statuses in [&source.statuses, &source.refund_statuses] {
            let mut seen = BTreeMap::new();
            for (key, word) in statuses
                .iter()
                .flat_map(|(key, words)| words.iter().map(move |word| (key, word)))
            {
                if let Some(other) = seen.insert(plain(word), key) {
                    assert_eq!(other, key, "{word}");
                }
            }
        }
    }

    #[test]
    fn a_word_means_one_detail_at_most() {
        let source: Source = toml::from_str(SOURCE).unwrap();
        let mut seen = BTreeMap::new();
        for (key, ranks) in &source.columns {
            let is_detail = Field::from_key(key).is_some_and(Field::is_only_detail);
            for word in ranks.iter().flatten().filter(|_| is_detail) {
                let other = seen.insert(plain(word), key);
                assert_eq!(other, None, "{key}: {word}");
            }
        }
    }

    #[test]
    fn headers_are_found_in_three_scripts() {
        for (header, field) in [
            ("Customer ID", Field::CustomerId),
            ("CustomerID", Field::CustomerId),
            ("InvoiceNo", Field::OrderId),
            ("订单编号", Field::OrderId),
            ("訂單編號", Field::OrderId),
            ("下单时间", Field::OrderedAt),
            ("實付金額", Field::Amount),
        ] {
            assert!(column_rank(header, field).is_some(), "{header}");
        }
        assert_eq!(column_rank("country", Field::CustomerId), None);
    }

    #[test]
    fn the_canonical_name_is_the_best_word() {
        for &field in Field::ALL {
            assert_eq!(column_rank(field.key(), field), Some(0), "{field}");
        }
    }

    #[test]
    fn words_for_nothing_are_known_in_any_case() {
        for text in [
            "", "NaN", "nan", "NULL", "None", "n/a", "\\N", "#N/A", "<NA>",
        ] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "na", "nancy", "no", "N"] {
            assert!(!is_missing(text), "{text}");
        }
    }

    #[test]
    fn statuses_are_known_in_three_scripts() {
        let meaning = |word| status(word).map(|meaning| meaning.status);
        assert_eq!(meaning("Partially Refunded"), Some(OrderStatus::Refunded));
        assert_eq!(meaning("wc-completed"), None);
        assert_eq!(meaning("交易成功"), Some(OrderStatus::Paid));
        assert_eq!(meaning("已發貨"), Some(OrderStatus::Paid));
        assert_eq!(meaning("CANCELED"), Some(OrderStatus::Cancelled));
    }
}
