//! In which encoding a text is, decided from its bytes, and why.

use std::fmt::Write as _;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, Encoding, GB18030, GBK, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

use crate::text::sniff;
use crate::words;

/// Bytes of a header that are compared with the words known.
const HEADER_BYTES: usize = 8 * 1024;
/// Of this many bytes that are no ASCII, one may be no UTF-8 in a file that is UTF-8 all the same.
const BROKEN_OF: usize = 5;
/// Headers named as the reason, at most.
const NAMED_WORDS: usize = 3;
/// Letters of western languages beyond ASCII, as they stand within words.
const WESTERN_LETTERS: &str = "äöüßéèêëàâáãåçñíìîïóòôõúùûøæœÿ";

/// An encoding, and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) encoding: &'static Encoding,
    /// Bytes of the mark at the beginning.
    pub(crate) mark: usize,
    pub(crate) why: Why,
}

/// Why an encoding was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// All bytes looked at are ASCII, which is the same in nearly every encoding.
    Ascii,
    /// The user says so.
    Asked,
    /// The mark at the beginning.
    Mark,
    /// Every other byte is zero.
    Zeros,
    /// The bytes fit UTF-8.
    FitsUtf8,
    /// The header reads as words that are known.
    Header(Vec<String>),
    /// The letters are those of western languages.
    Letters,
    /// The frequencies of its bytes.
    Frequencies,
}

impl Why {
    /// Returns it as part of a sentence.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Ascii => "all of it is ASCII".to_owned(),
            Self::Asked => "as asked".to_owned(),
            Self::Mark => "it begins with the mark of this encoding".to_owned(),
            Self::Zeros => "every other byte is zero".to_owned(),
            Self::FitsUtf8 => "its bytes fit no other so well".to_owned(),
            Self::Header(words) => {
                let mut text = String::from("so its header has known words: ");
                for (place, word) in words.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    // Writing to a text does not fail.
                    let _written = write!(text, "{comma}`{word}`");
                }
                text
            }
            Self::Letters => "so its letters make words of western languages".to_owned(),
            Self::Frequencies => "a guess by how often its bytes come".to_owned(),
        }
    }
}

/// Returns the encoding of a label, as `--encoding` takes it.
pub(crate) fn of_label(label: &str) -> Option<&'static Encoding> {
    let plain: String = label
        .trim()
        .to_lowercase()
        .chars()
        .map(|letter| if letter == '_' { '-' } else { letter })
        .collect();
    match plain.as_str() {
        "mac roman" | "macroman" | "mac-roman" => Some(MACINTOSH),
        "utf16" | "utf-16" => Some(UTF_16LE),
        "utf8" => Some(UTF_8),
        // Every text in the older ones is one in the newest.
        _ => Encoding::for_label(plain.as_bytes())
            .map(|found| if found == GBK { GB18030 } else { found }),
    }
}

/// Decides from the first bytes of a text; `whole` says that there are no more.
pub(crate) fn decide(start: &[u8], whole: bool) -> Decision {
    let with = |encoding, mark, why| Decision {
        encoding,
        mark,
        why,
    };
    if let Some((encoding, mark)) = Encoding::for_bom(start) {
        return with(encoding, mark, Why::Mark);
    }
    if let Some(big_endian) = sniff::utf16_without_mark(start) {
        let encoding = if big_endian { UTF_16BE } else { UTF_16LE };
        return with(encoding, 0, Why::Zeros);
    }
    if start.is_ascii() {
        return with(UTF_8, 0, Why::Ascii);
    }
    if fits_utf8(start, whole) {
        return with(UTF_8, 0, Why::FitsUtf8);
    }
    let (encoding, why) = eight_bit(start, whole);
    with(encoding, 0, why)
}

/// Returns true if the bytes are UTF-8, but for a few cells that another program broke.
fn fits_utf8(bytes: &[u8], whole: bool) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk
            .valid()
            .chars()
            .filter(|letter| !letter.is_ascii())
            .count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // A letter cut at the end of the sample is none that is broken.
    let cut = !whole
        && std::str::from_utf8(bytes).is_err_and(|error| {
            error.error_len().is_none() || error.valid_up_to() + 4 > bytes.len()
        });
    bad -= usize::from(cut && bad > 0);
    bad == 0 || good >= bad * BROKEN_OF
}

fn eight_bit(start: &[u8], whole: bool) -> (&'static Encoding, Why) {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(start, whole);
    let guess = match detector.guess(None, Utf8Detection::Deny) {
        found if found == GBK => GB18030,
        found => found,
    };
    if let Some((encoding, words)) = by_header(start, guess) {
        return (encoding, Why::Header(words));
    }
    if mostly_alone(start) {
        let score = |encoding| western_letters(start, encoding);
        let (windows, mac) = (score(WINDOWS_1252), score(MACINTOSH));
        if mac > windows {
            return (MACINTOSH, Why::Letters);
        }
        let western = guess == WINDOWS_1252 || !guess.is_single_byte();
        if western && windows > 0 {
            return (WINDOWS_1252, Why::Letters);
        }
    }
    (guess, Why::Frequencies)
}

/// Returns the encoding in which the header has the most words that are known and not ASCII, if one has more than all
/// others.
fn by_header(start: &[u8], guess: &'static Encoding) -> Option<(&'static Encoding, Vec<String>)> {
    let header = start
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.is_empty())?;
    let header = header.get(..HEADER_BYTES).unwrap_or(header);
    let mut best: Option<(&'static Encoding, Vec<String>)> = None;
    let mut tie = false;
    for encoding in [GB18030, BIG5, WINDOWS_1252, MACINTOSH, guess] {
        if best.as_ref().is_some_and(|(known, _)| *known == encoding) {
            continue;
        }
        let words = known_words(header, encoding);
        let most = best.as_ref().map_or(0, |(_, words)| words.len());
        if words.len() > most {
            (best, tie) = (Some((encoding, words)), false);
        } else if words.len() == most && most > 0 {
            tie = true;
        }
    }
    best.filter(|_| !tie).map(|(encoding, mut words)| {
        words.truncate(NAMED_WORDS);
        (encoding, words)
    })
}

fn known_words(header: &[u8], encoding: &'static Encoding) -> Vec<String> {
    let (text, broken) = encoding.decode_without_bom_handling(header);
    if broken {
        return Vec::new();
    }
    text.split([',', ';', '\t', '|'])
        .map(|field| field.trim_matches(|letter: char| letter == '"' || letter.is_whitespace()))
        .filter(|field| !field.is_ascii() && words::is_header(field))
        .map(str::to_owned)
        .collect()
}

/// Returns true if most bytes beyond ASCII have none beside them, as single letters within western words do.
fn mostly_alone(bytes: &[u8]) -> bool {
    let (mut all, mut alone) = (0_usize, 0_usize);
    let (mut before, mut here) = (false, false);
    for &byte in bytes.iter().chain([&b' ']) {
        let next = byte >= 0x80;
        if here {
            all += 1;
            alone += usize::from(!before && !next);
        }
        (before, here) = (here, next);
    }
    all > 0 && alone * 10 >= all * 8
}

/// Returns how many bytes beyond ASCII are letters of western words in an encoding of single bytes.
fn western_letters(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let mut before = ' ';
    let mut letters = 0;
    for letter in text.chars() {
        let within_word = before.is_ascii_lowercase();
        let small: String = letter.to_lowercase().collect();
        let fits = !letter.is_ascii()
            && WESTERN_LETTERS.contains(&small)
            // A capital letter does not follow a small one.
            && (letter.is_lowercase() || !within_word);
        letters += usize::from(fits);
        before = letter;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(bytes: &[u8]) -> &'static str {
        decide(bytes, true).encoding.name()
    }

    #[test]
    fn marks_and_zeros_tell_utf16() {
        let text = "order_id,customer_id\no1,c1\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decided(&little), "UTF-16LE");
        assert_eq!(decided(&big), "UTF-16BE");
        assert_eq!(decided(&[&[0xff, 0xfe], &little[..]].concat()), "UTF-16LE");
        assert_eq!(decided(&[&[0xfe, 0xff], &big[..]].concat()), "UTF-16BE");
        assert_eq!(decide(b"\xef\xbb\xbfabc", true).mark, 3);
    }

    #[test]
    fn a_short_chinese_header_decides_between_its_encodings() {
        for (text, encoding) in [
            ("订单编号,买家会员名\n1,张三\n", GB18030),
            ("訂單編號,客戶編號\n1,王\n", BIG5),
            ("客户编号,日期,金额\n", GB18030),
        ] {
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost);
            let decision = decide(&bytes, true);
            assert_eq!(decision.encoding, encoding, "{text}");
            assert!(matches!(decision.why, Why::Header(_)), "{text}");
        }
    }

    #[test]
    fn western_letters_tell_mac_roman_from_windows() {
        // Mac Roman is not among what the encoder writes for a label of the web; its bytes stand here.
        assert_eq!(
            decided(b"name,city\rJos\x8e,M\x9fnchen\rRen\x8ee,K\x9aln\r"),
            "macintosh"
        );
        assert_eq!(
            decided(b"name,city\nJos\xe9,M\xfcnchen\nRen\xe9e,K\xf6ln\n"),
            "windows-1252"
        );
        assert_eq!(
            decided(b"name;price\nAnn;\x80 5\nJos\xe9;5\n"),
            "windows-1252"
        );
    }

    #[test]
    fn utf8_stays_utf8_although_a_few_cells_are_broken() {
        let mut bytes = "name\nJosé\nZoë\nKöln\nMünchen\nŁódź\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"Jos\xe9\n");
        assert_eq!(decided(&bytes), "UTF-8");
        let cut = "name\nJosé".as_bytes();
        assert_eq!(decide(&cut[..cut.len() - 1], false).encoding, UTF_8);
    }

    #[test]
    fn labels_people_type_are_known() {
        for (label, encoding) in [
            ("GBK", GB18030),
            ("gb2312", GB18030),
            ("Big5", BIG5),
            ("cp1252", WINDOWS_1252),
            ("latin1", WINDOWS_1252),
            ("Mac_Roman", MACINTOSH),
            ("utf8", UTF_8),
        ] {
            assert_eq!(of_label(label), Some(encoding), "{label}");
        }
        assert_eq!(of_label("klingon"), None);
    }
}
