//! How rows, facts and what became of them are written in lines between Spark and patron.
//!
//! Spark writes a line for each row and reads lines back; fields are set apart by tabs, and Spark breaks what it reads at `\n`, at
//! `\r` and at both. So a text has its backslashes, tabs and line breaks written as `\\`, `\t`, `\n`, `\r`, and within a payload
//! its blanks as `\s`; `\N` is null, which no text can look like. Instants, days and money are whole numbers, and everything
//! is a string to Spark: it makes NULL of what a cast does not understand.
//!
//! | line | fields |
//! |---|---|
//! | row, to patron | number of the row; a cell for each column |
//! | from reading rows | tag, customer, order id, payload |
//! | history, to patron | customer, order id, payload; all of a customer together |
//! | from folding | tag, customer, payload |
//!
//! Tags are of one letter, see [`Tag`]. A payload is never empty: Spark drops empty fields at the end of a line.

use std::borrow::Cow;
use std::fmt::Write as _;

use patron_core::OrderStatus;
use patron_fold::protocol::{escape_into, unescape};
use patron_import::RowKind;

use crate::grouping::{Contact, Record};

/// What a line from patron holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// A fact that says whose its order is.
    Claim,
    /// Another fact.
    Fact,
    /// What a batch of rows came to, without its facts.
    Block,
    /// A customer's profile.
    Profile,
    /// Somebody without a valid order, and why.
    Prospect,
    /// The end of a task, with its totals.
    Control,
    /// Why a task could not go on.
    Error,
}

impl Tag {
    pub(super) const ALL: [Self; 7] = [
        Self::Claim,
        Self::Fact,
        Self::Block,
        Self::Profile,
        Self::Prospect,
        Self::Control,
        Self::Error,
    ];

    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Claim => "o",
            Self::Fact => "f",
            Self::Block => "b",
            Self::Profile => "p",
            Self::Prospect => "x",
            Self::Control => "c",
            Self::Error => "e",
        }
    }

    pub(super) fn of(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.letter() == letter)
    }
}

const STATUSES: [OrderStatus; 6] = [
    OrderStatus::Paid,
    OrderStatus::Pending,
    OrderStatus::Cancelled,
    OrderStatus::Void,
    OrderStatus::Test,
    OrderStatus::Refunded,
];
const IS_LINE: u8 = 1;
const STATUS_UNSAID: u8 = 2;
/// What stands for a time of change that is not known.
const NO_TIME: &str = "-";

/// Appends a text as one word of a payload.
pub(super) fn write_word(out: &mut String, text: &str) {
    let mut plain = String::with_capacity(text.len());
    escape_into(&mut plain, text);
    out.push_str(&plain.replace(' ', "\\s"));
}

/// Reads a word of a payload.
pub(super) fn read_word(word: &str) -> Cow<'_, str> {
    if !word.contains("\\s") {
        return unescape(word);
    }
    // A backslash before the `s` may be the second of a pair.
    let mut blanks = String::with_capacity(word.len());
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some('s')) => {
                blanks.push(' ');
                characters.next();
            }
            ('\\', Some(next)) => {
                blanks.extend(['\\', next]);
                characters.next();
            }
            _ => blanks.push(character),
        }
    }
    Cow::Owned(unescape(&blanks).into_owned())
}

/// Appends the payload of a fact: all of it but whose it is and of which order.
pub(super) fn write_fact(out: &mut String, record: &Record<'_>) {
    let bit = |holds: bool, bit: u8| if holds { bit } else { 0 };
    let flags = bit(record.is_line, IS_LINE) | bit(record.status_unsaid, STATUS_UNSAID);
    let updated_at = record
        .updated_at
        .map_or_else(|| NO_TIME.to_owned(), |at| at.to_string());
    let _ = write!(
        out,
        "{} {} {} {} {:x} {} {flags} {updated_at} {:x} {}",
        record.kind.to_u8(),
        record.status as u8,
        record.at,
        record.net,
        record.row_hash,
        record.quantity,
        record.product,
        record.line,
    );
    for field in record.contact.iter().flat_map(|contact| contact.fields()) {
        out.push(' ');
        write_word(out, field);
    }
}

/// A fact as it was read from a line, with texts of its own.
#[derive(Debug, Clone)]
pub(super) struct ReadFact {
    record: Record<'static>,
    pub(super) customer: String,
    order_id: String,
    contact: Option<[String; 4]>,
}

impl ReadFact {
    /// Reads a fact; nothing if the fields are not those of one.
    pub(super) fn read(customer: &str, order_id: &str, payload: &str) -> Option<Self> {
        let mut words = payload.split(' ');
        let mut next = || words.next();
        let kind = RowKind::from_u8(next()?.parse().ok()?)?;
        let status: u8 = next()?.parse().ok()?;
        let status = STATUSES.into_iter().find(|known| *known as u8 == status)?;
        let at = next()?.parse().ok()?;
        let net = next()?.parse().ok()?;
        let row_hash = u64::from_str_radix(next()?, 16).ok()?;
        let quantity = next()?.parse().ok()?;
        let flags: u8 = next()?.parse().ok()?;
        let updated_at = match next()? {
            NO_TIME => None,
            at => Some(at.parse().ok()?),
        };
        let record = Record {
            kind,
            status,
            at,
            net,
            row_hash,
            quantity,
            is_line: flags & IS_LINE != 0,
            status_unsaid: flags & STATUS_UNSAID != 0,
            updated_at,
            product: u64::from_str_radix(next()?, 16).ok()?,
            file: 0,
            line: next()?.parse().ok()?,
            customer: "",
            order_id: "",
            contact: None,
            details: &[],
        };
        let contact: Vec<String> = words.map(|word| read_word(word).into_owned()).collect();
        let contact = if contact.is_empty() {
            None
        } else {
            Some(<[String; 4]>::try_from(contact).ok()?)
        };
        Some(Self {
            record,
            customer: unescape(customer).into_owned(),
            order_id: unescape(order_id).into_owned(),
            contact,
        })
    }

    /// Returns the fact as folding takes it.
    pub(super) fn record(&self) -> Record<'_> {
        Record {
            customer: &self.customer,
            order_id: &self.order_id,
            contact: self.contact.as_ref().map(Contact::Owned),
            ..self.record
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn text() -> impl Strategy<Value = String> {
        let characters = prop_oneof![
            Just('\t'),
            Just('\n'),
            Just('\r'),
            Just('\\'),
            Just('s'),
            Just('N'),
            Just(' '),
            any::<char>(),
        ];
        proptest::collection::vec(characters, 0..10).prop_map(|text| text.into_iter().collect())
    }

    fn kind() -> impl Strategy<Value = RowKind> {
        (0_u8..128).prop_filter_map("a kind", RowKind::from_u8)
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(71_055), ..ProptestConfig::default() })]

        #[test]
        fn a_word_is_one_field_of_one_line_and_the_same_text(text in text()) {
            let mut word = String::new();
            write_word(&mut word, &text);
            prop_assert!(!word.contains(['\t', '\n', '\r', ' ']));
            prop_assert_eq!(read_word(&word), text);
        }

        #[test]
        fn a_fact_comes_out_as_it_went_in(
            (kind, status) in (kind(), 0_usize..6),
            numbers in any::<(i64, i64, u64, i64, Option<i64>, u64, u64)>(),
            flags in any::<(bool, bool)>(),
            texts in (text(), text(), proptest::option::of([text(), text(), text(), text()])),
        ) {
            let (at, net, row_hash, quantity, updated_at, product, line) = numbers;
            let (customer, order_id, contact) = &texts;
            let record = Record {
                kind, status: STATUSES[status], at, net, row_hash, quantity,
                is_line: flags.0, status_unsaid: flags.1, updated_at, product, file: 0, line,
                customer, order_id, details: &[],
                contact: contact.as_ref().map(Contact::Owned),
            };
            let mut payload = String::new();
            write_fact(&mut payload, &record);
            prop_assert!(!payload.contains(['\t', '\n', '\r']));
            let (mut whose, mut order) = (String::new(), String::new());
            escape_into(&mut whose, customer);
            escape_into(&mut order, order_id);
            let read = ReadFact::read(&whose, &order, &payload).unwrap();
            prop_assert_eq!(format!("{:?}", read.record()), format!("{record:?}"));
        }
    }

    #[test]
    fn what_is_cut_short_is_no_fact() {
        let payload = "0 0 1 2 ff 0 0 - 0 7";
        assert!(ReadFact::read("c", "", payload).is_some());
        for cut in [
            "",
            "0",
            "0 0 1 2 ff 0 0 - 0",
            "0 9 1 2 ff 0 0 - 0 7",
            "0 0 1 2 ff 0 0 - 0 7 a b",
        ] {
            assert!(ReadFact::read("c", "", cut).is_none(), "{cut}");
        }
    }
}
