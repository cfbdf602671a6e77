//! What a run of rows becomes: facts, an account of every row, and the rows set aside.

use patron_core::{MoneySum, OrderStatus, RowClass, RowFlag};

use crate::content::Content;
use crate::details::{Details, UnreadDetails};
use crate::exchange::Exchanged;
use crate::reason::Reason;

/// How many characters of a value are kept in [`RejectedRow::value`].
pub const VALUE_CHARACTERS: usize = 200;
const CLASSES: usize = RowClass::ALL.len();
const FLAGS: usize = RowFlag::ALL.len();

/// Everything that came of one block of rows.
#[derive(Debug, Clone, Default)]
pub struct RowBatch {
    /// Which file, as given to the reader.
    pub file: u32,
    /// Which block of the file.
    pub index: u64,
    /// In which class every row ended.
    pub account: RowAccount,
    /// What the accepted rows say, and mentions of customers by rows set aside.
    pub facts: FactRows,
    /// The rows set aside, in file order.
    pub rejected: Vec<RejectedRow>,
    /// Row hashes of rows that left no fact at all (set aside without naming a customer). Every other row's hash is in
    /// `facts.row_hash`, so the two together hold each row once: an undated refund is the second fact of its row.
    pub aside_hashes: Vec<u64>,
    /// Which currencies the rows named, and where first.
    pub currencies: CurrenciesSeen,
    /// Rows whose amounts are in another currency than the shop's, where there are rates.
    pub exchanged: Exchanged,
    /// Rows with ids written as decimal numbers, such as `17850.0`: how many, and the first such id as it was read.
    pub float_ids: Option<(u64, String)>,
    /// Status words patron does not know, with how often they came; their orders count as paid, flagged `guessed`.
    pub unknown_statuses: Vec<(String, u64)>,
    /// Details that could not be read, by field; their facts are there without them.
    pub unread_details: UnreadDetails,
}

/// How many rows ended in which class; adds up by construction.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RowAccount {
    /// All rows but the header and blank lines.
    pub rows_in: u64,
    /// Rows by [`RowClass`], in the order of `RowClass::ALL`.
    pub by_class: [u64; CLASSES],
    /// Rows by [`RowFlag`], in the order of `RowFlag::ALL`; a row may carry several. `Duplicate` is counted by the engine.
    pub flags: [u64; FLAGS],
    /// The signed amounts of the rows of each class, where they could be read.
    pub revenue_by_class: [MoneySum; CLASSES],
}

impl Default for RowAccount {
    fn default() -> Self {
        Self {
            rows_in: 0,
            by_class: [0; CLASSES],
            flags: [0; FLAGS],
            revenue_by_class: [MoneySum::ZERO; CLASSES],
        }
    }
}

impl RowAccount {
    /// Counts one row.
    pub fn add(&mut self, class: RowClass, amount: Option<patron_core::Money>) {
        self.rows_in += 1;
        if let Some(count) = self.by_class.get_mut(class as usize) {
            *count += 1;
        }
        if let (Some(sum), Some(amount)) = (self.revenue_by_class.get_mut(class as usize), amount) {
            *sum += amount;
        }
    }

    /// Moves a row that was counted, with its signed amount, to another class.
    pub fn reclassify(&mut self, from: RowClass, to: RowClass, amount: patron_core::Money) {
        if let Some(count) = self.by_class.get_mut(from as usize) {
            *count = count.saturating_sub(1);
        }
        if let Some(sum) = self.revenue_by_class.get_mut(from as usize) {
            *sum += patron_core::Money(amount.0.saturating_neg());
        }
        if let Some(count) = self.by_class.get_mut(to as usize) {
            *count += 1;
        }
        if let Some(sum) = self.revenue_by_class.get_mut(to as usize) {
            *sum += amount;
        }
    }

    /// Counts a flag of a row.
    pub fn flag(&mut self, flag: RowFlag) {
        if let Some(count) = self.flags.get_mut(flag as usize) {
            *count += 1;
        }
    }

    /// Returns how many rows ended in a class.
    #[must_use]
    pub fn count(&self, class: RowClass) -> u64 {
        self.by_class.get(class as usize).copied().unwrap_or(0)
    }

    /// Returns how many rows carry a flag.
    #[must_use]
    pub fn flagged(&self, flag: RowFlag) -> u64 {
        self.flags.get(flag as usize).copied().unwrap_or(0)
    }

    /// Returns the signed sum of the amounts of a class.
    #[must_use]
    pub fn revenue(&self, class: RowClass) -> MoneySum {
        self.revenue_by_class
            .get(class as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Adds the account of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        for (to, from) in self.by_class.iter_mut().zip(other.by_class) {
            *to += from;
        }
        for (to, from) in self.flags.iter_mut().zip(other.flags) {
            *to += from;
        }
        for (to, from) in self.revenue_by_class.iter_mut().zip(other.revenue_by_class) {
            *to += from;
        }
    }
}

/// What a fact row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum RowKind {
    /// An order with its own amount.
    Order,
    /// A line of an order.
    Line,
    /// Money given back; `net` is positive.
    Refund,
    /// No fact: a row that was set aside and names a customer, so that it can be said why the customer has no order.
    Mention(RowClass),
    /// No fact: what is known of a person, such as contact details, or, where an order's first row says what it is worth, a
    /// further row of it; the latter only if details are read.
    Person,
    /// An article of a list of products; its code stands where orders have their id.
    Product,
    /// Something a customer did, or that was sent to one.
    Event,
    /// An answer to a survey, or a review; its order stands where orders have their id.
    Answer,
    /// Spend on advertising; its channel stands where orders have their id.
    Spend,
    /// A refund that was not given after all, or not to this customer: it takes the place of an older version, worth nothing.
    Withdrawn,
}

impl RowKind {
    /// Returns true for what only a list of products, events, answers or spend has; a fold passes over it.
    #[must_use]
    pub const fn is_of_list(self) -> bool {
        matches!(
            self,
            Self::Product | Self::Event | Self::Answer | Self::Spend
        )
    }

    const FIRST_MENTION: u8 = 16;

    /// Returns a number for it, for storage: 0 order, 1 line, 2 refund, 3 person, 4 product, 5 event, 6 answer, 7 spend, 8 withdrawn, from 16 mentions by class; below 128.
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::Order => 0,
            Self::Line => 1,
            Self::Refund => 2,
            Self::Person => 3,
            Self::Product => 4,
            Self::Event => 5,
            Self::Answer => 6,
            Self::Spend => 7,
            Self::Withdrawn => 8,
            Self::Mention(class) => Self::FIRST_MENTION + class as u8,
        }
    }

    /// Returns the kind of such a number.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Order),
            1 => Some(Self::Line),
            2 => Some(Self::Refund),
            3 => Some(Self::Person),
            4 => Some(Self::Product),
            5 => Some(Self::Event),
            6 => Some(Self::Answer),
            7 => Some(Self::Spend),
            8 => Some(Self::Withdrawn),
            _ => RowClass::ALL
                .get(usize::from(number.checked_sub(Self::FIRST_MENTION)?))
                .map(|&class| Self::Mention(class)),
        }
    }
}

/// Facts, column by column; all columns have the same length. An order row with a refunded amount gives two facts: the
/// order and, after it, a refund without a date.
#[derive(Debug, Clone, Default)]
pub struct FactRows {
    /// Whose.
    pub customer: TextColumn,
    /// The order's id; empty where the source has none, and for refunds that name no order.
    pub order_id: TextColumn,
    /// When, in µs UTC; [`UNDATED`] for a refund whose date is not known, and for mentions without a readable date.
    pub at: Vec<i64>,
    /// The amount in ten-thousandths; positive for refunds; as read for mentions.
    pub net: Vec<i64>,
    /// Units in ten-thousandths; 0 where the source has none.
    pub quantity: Vec<i64>,
    /// What it is.
    pub kind: Vec<RowKind>,
    /// Where the order stands; `Paid` where the source does not say.
    pub status: Vec<OrderStatus>,
    /// The hash of the row it came from.
    pub row_hash: Vec<u64>,
    /// The line of the file it came from (Parquet: the row's number, from 1).
    pub line: Vec<u64>,
    /// Whether the row says nothing about its order's status, although the file has a column for it; nothing if the file
    /// is not one of lines with such a column.
    pub status_unsaid: Option<Vec<bool>>,
    /// What the file holds.
    pub holds: Content,
    /// Rows are lines of orders: what is said of one is not said of the others.
    pub are_lines: bool,
    /// When the order was last changed, in µs UTC, [`UNDATED`] where the row does not say; nothing if the file has no
    /// such column.
    pub updated_at: Option<Vec<i64>>,
    /// The hash of the article, 0 where the row names none; nothing if the file has no such column or only one file is
    /// read: it tells whether two files hold the same line of an order.
    pub product: Option<Vec<u64>>,
    /// The customer's contact details, where the file has any of these columns.
    pub contact: Option<Contact>,
    /// What the canonical tables keep besides, where it was asked for.
    pub details: Option<Details>,
}

/// The value of [`FactRows::at`] where there is no date.
pub const UNDATED: i64 = i64::MIN;

impl FactRows {
    /// Returns the number of facts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Makes room for so many facts more.
    pub fn reserve(&mut self, facts: usize) {
        self.customer.offsets.reserve(facts);
        self.order_id.offsets.reserve(facts);
        self.at.reserve(facts);
        self.net.reserve(facts);
        self.quantity.reserve(facts);
        self.kind.reserve(facts);
        self.status.reserve(facts);
        self.row_hash.reserve(facts);
        self.line.reserve(facts);
        for column in self
            .details
            .iter_mut()
            .flat_map(|details| &mut details.columns)
        {
            column.values.reserve(facts);
        }
    }
}

/// Contact details by fact; empty text where a row has none, or the file has no such column.
#[derive(Debug, Clone, Default)]
pub struct Contact {
    /// E-mail address.
    pub email: TextColumn,
    /// Telephone number.
    pub phone: TextColumn,
    /// Name; first and last name joined by a blank where the file keeps them apart.
    pub name: TextColumn,
    /// Consent to e-mail, as given.
    pub consent: TextColumn,
}

/// Many texts in one buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumn {
    /// Where each text starts; one more entry than texts.
    offsets: Vec<u32>,
    text: String,
}

impl Default for TextColumn {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            text: String::new(),
        }
    }
}

impl TextColumn {
    /// Makes room for so many texts more.
    pub(crate) fn reserve(&mut self, texts: usize) {
        self.offsets.reserve(texts);
    }

    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        // A batch is one block of a few MiB; a column of 4 GiB is out of reach, and would repeat the last end.
        self.offsets
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Returns the text at a place; empty beyond the end.
    #[must_use]
    pub fn get(&self, index: usize) -> &str {
        match self.offsets.get(index..) {
            Some(&[start, end, ..]) => self
                .text
                .get(start as usize..end as usize)
                .unwrap_or_default(),
            _ => "",
        }
    }

    /// Returns the number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.len() <= 1
    }

    /// Returns the texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Returns where each text starts in [`TextColumn::text`], and at last its length.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// Returns all texts, one after the other.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RejectedRow {
    /// The line of the file where the row starts.
    pub line: u64,
    /// The column that decided.
    pub column: Option<String>,
    /// What it holds, at most [`VALUE_CHARACTERS`] characters.
    pub value: String,
    /// In which class the row ended.
    pub class: RowClass,
    /// Why, and what mends it.
    pub reason: Reason,
    /// Whose row it is, where it says.
    pub customer: Option<String>,
}

/// The currencies that rows named, each with the first line that did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CurrenciesSeen {
    first_lines: Vec<(String, u64)>,
}

impl CurrenciesSeen {
    /// Notes that a line names a currency.
    pub fn see(&mut self, currency: &str, line: u64) {
        match self
            .first_lines
            .iter_mut()
            .find(|(seen, _)| seen == currency)
        {
            Some((_, first)) => *first = (*first).min(line),
            None => self.first_lines.push((currency.to_owned(), line)),
        }
    }

    /// Adds what other rows of the same file named.
    pub fn merge(&mut self, other: &Self) {
        for (currency, line) in &other.first_lines {
            self.see(currency, *line);
        }
    }

    /// Returns the currencies with their first lines, in the order of these lines.
    #[must_use]
    pub fn in_order(&self) -> Vec<(String, u64)> {
        let mut seen = self.first_lines.clone();
        seen.sort_by(|left, right| (left.1, &left.0).cmp(&(right.1, &right.0)));
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_survives_its_number() {
        let mentions = RowClass::ALL.iter().map(|&class| RowKind::Mention(class));
        let facts = [
            RowKind::Order,
            RowKind::Line,
            RowKind::Refund,
            RowKind::Person,
            RowKind::Product,
            RowKind::Event,
            RowKind::Answer,
            RowKind::Spend,
            RowKind::Withdrawn,
        ];
        for kind in facts.into_iter().chain(mentions) {
            assert_eq!(RowKind::from_u8(kind.to_u8()), Some(kind));
            assert!(kind.to_u8() < 0x80, "the top bit is free");
        }
        assert_eq!(RowKind::from_u8(9), None);
        assert_eq!(RowKind::from_u8(200), None);
    }

    #[test]
    fn texts_come_back_as_they_went_in() {
        let mut column = TextColumn::default();
        for text in ["", "张伟", "a b", ""] {
            column.push(text);
        }
        assert_eq!(column.iter().collect::<Vec<_>>(), ["", "张伟", "a b", ""]);
        assert_eq!(column.get(9), "");
    }

    #[test]
    fn the_first_line_of_a_currency_is_kept_whatever_the_order() {
        let (mut left, mut right) = (CurrenciesSeen::default(), CurrenciesSeen::default());
        left.see("EUR", 9);
        right.see("USD", 3);
        right.see("EUR", 4);
        left.merge(&right);
        assert_eq!(
            left.in_order(),
            [("USD".to_owned(), 3), ("EUR".to_owned(), 4)]
        );
    }
}
