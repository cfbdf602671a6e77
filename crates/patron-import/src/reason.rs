//! Why a row was set aside, in words that say what mends it.

use patron_core::Day;

use crate::exchange::OLDEST_DAYS;
use crate::options::DateFormat;

/// Why a row was set aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Reason {
    /// The row has another number of fields than the header.
    #[error(
        "{found} fields, expected {expected} as in the header: look for a missing or unquoted delimiter, or a row cut short"
    )]
    FieldCount {
        /// Fields in the row.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// All cells are empty.
    #[error("every cell of the row is empty: delete the row")]
    EmptyRow,
    /// A cell that is used is not UTF-8.
    #[error("byte {byte:#04x} is not UTF-8 text: save the file as UTF-8")]
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// There is no date.
    #[error("no date: fill it in")]
    DateMissing,
    /// The date is before any shop's first order.
    #[error(
        "a date before {earliest}: look for a placeholder such as 1900-01-01, or a mistyped year"
    )]
    DateTooEarly {
        /// The first day on which an order can have been placed.
        earliest: Day,
    },
    /// The date has not come yet.
    #[error(
        "a date after {latest}: look for a mistyped year, or for the day of delivery in its place"
    )]
    DateInFuture {
        /// The last day on which an order can have been placed.
        latest: Day,
    },
    /// The date cannot be read.
    #[error("not a date of the form `{}` in which this column is read: mend it, or give another `--date-format`", format.key())]
    DateNotUnderstood {
        /// The form settled for the column.
        format: DateFormat,
    },
    /// The date fits the column only with day and month the other way round.
    #[error("not a date of the form `{}` in which this column is read, but one with day and month the other way round: mend it; other dates of this row's source may be swapped unseen", format.key())]
    DateOtherWayRound {
        /// The form settled for the column.
        format: DateFormat,
    },
    /// There is no amount, quantity or price.
    #[error("no number: fill it in (0 if nothing was paid)")]
    NumberMissing,
    /// The amount, quantity or price cannot be read.
    #[error("not a number: mend it, or give another `--decimal-mark`")]
    NotANumber,
    /// The number does not fit.
    #[error("larger than patron can hold: look for a missing decimal mark")]
    NumberTooLarge,
    /// There is no rate for the row's currency and day.
    #[error(
        "no rate of {from} in {to} for {day} or the {} days before: add a line `{day},{from},{to},…` to the file of `--rates`",
        OLDEST_DAYS
    )]
    RateMissing {
        /// The currency of the row.
        from: String,
        /// That of the shop.
        to: String,
        /// The row's day in the shop's calendar.
        day: Day,
    },
    /// The row is in another currency and has no date.
    #[error("in {from}, and without a date no rate is known: give it in {to}")]
    RateWithoutDay {
        /// The currency of the row.
        from: String,
        /// That of the shop.
        to: String,
    },
    /// What names the currency may be several, or none that is known.
    #[error(
        "`{found}` may be one of several currencies, or none, and is not {to}: write a code such as USD, in a column `currency` of its own or beside the amount"
    )]
    CurrencyUnclear {
        /// What stands there.
        found: String,
        /// The shop's currency.
        to: String,
    },
    /// A spreadsheet turned the id into a float.
    #[error(
        "an id that a spreadsheet shortened; different customers may share it: format the column as text and export again"
    )]
    IdShortened,
    /// The header comes again.
    #[error("the header again: files were put together")]
    RepeatedHeader,
    /// A line of totals.
    #[error("a line of totals, not an order")]
    Total,
    /// An event that is of no order.
    #[error("not an order: an event of another kind, which is not used")]
    NotAnOrder,
    /// Nothing says what the row is about.
    #[error("no id or name in this column: fill it in")]
    IdMissing,
    /// The order of a refund or an answer is not known.
    #[error(
        "no customer, and no order of this id is known, or several customers have it: import the orders first, or give a column of customers"
    )]
    UnknownOrder,
    /// Another customer's row of the same file has the order's id, too.
    #[error(
        "another customer of this file has an order of the same id, and it is not known whose it is: mend the wrong row; if both are one person, join them with `patron identity join` before the import; if ids begin anew for each shop or customer, `--keep shared-orders` counts each"
    )]
    SharedOrder,
    /// An earlier file has the order with another customer.
    #[error(
        "an earlier file or import has the order of this id with another customer: if that one is wrong, mend it there (`patron import --undo` takes an import back); if both are one person, join them with `patron identity join` before the import; orders of another shop go into a workspace of their own"
    )]
    OrderOfAnother,
    /// Nobody to whom the row belongs.
    #[error("no customer: a guest, or the id was not exported")]
    NoCustomer,
    /// The customer is a telephone number within a country, others of the file are international.
    #[error(
        "a telephone number without its country, which may be the one of somebody else: say which with `--phone-country`, or export a column of countries"
    )]
    PhoneWithoutCountry,
    /// The customer's name is masked.
    #[error(
        "masked, so that different customers look the same: export with full names (they are masked some time after the order)"
    )]
    MaskedCustomer,
    /// The customer is one that the user excludes.
    #[error("this customer is excluded by the settings (`exclude_customers`)")]
    ExcludedCustomer,
    /// A label of the row is one that the user excludes.
    #[error("a row with this tag is excluded by the settings (`exclude_tags`)")]
    ExcludedTag,
    /// The flag of the row is one that the user excludes.
    #[error("a row with this flag is excluded by the settings (`exclude_flags`)")]
    ExcludedFlag,
    /// The memo of the row holds a word that the user excludes.
    #[error("a row with such a memo is excluded by the settings (`exclude_memos`)")]
    ExcludedMemo,
    /// The status says that it is a test.
    #[error("a test order")]
    TestOrder,
    /// The status says that it is void.
    #[error("a void order")]
    VoidOrder,
    /// The status says that it was cancelled.
    #[error("the order was cancelled")]
    Cancelled,
    /// The refund was asked for and not given yet.
    #[error("the refund is not given yet: import it again when it is")]
    RefundPending,
    /// The refund was refused or withdrawn.
    #[error("the refund was refused or withdrawn: no money went back")]
    RefundRefused,
    /// An answer without anything in it.
    #[error("an empty answer: neither a score nor a comment")]
    EmptyAnswer,
    /// The document or code is an adjustment of the books.
    #[error("bad debt or an adjustment of the books, not a purchase (`--bad-debt keep` keeps it)")]
    BadDebt,
    /// The code is a fee.
    #[error("a fee or charge, not goods (`--fee-lines keep` keeps it)")]
    Fee,
    /// The line sells a gift card.
    #[error(
        "a gift card: selling it is not revenue, what is bought with it will be (`--gift-cards keep` keeps it)"
    )]
    GiftCard,
    /// The quantity is zero or less.
    #[error("a quantity of zero or less without money going back")]
    QuantityNotPositive,
    /// The price is below zero.
    #[error("a price below zero")]
    PriceNegative,
    /// The price is zero.
    #[error("a price of zero: a gift, a sample or a correction (`--zero-price keep` keeps it)")]
    PriceZero,
}

impl Reason {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => "field_count",
            Self::EmptyRow => "empty_row",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::DateMissing => "date_missing",
            Self::DateTooEarly { .. } => "date_too_early",
            Self::DateInFuture { .. } => "date_in_future",
            Self::DateNotUnderstood { .. } => "date_not_understood",
            Self::DateOtherWayRound { .. } => "date_other_way_round",
            Self::NumberMissing => "number_missing",
            Self::NotANumber => "not_a_number",
            Self::NumberTooLarge => "number_too_large",
            Self::RateMissing { .. } => "rate_missing",
            Self::RateWithoutDay { .. } => "rate_without_day",
            Self::CurrencyUnclear { .. } => "currency_unclear",
            Self::IdShortened => "id_shortened",
            Self::RepeatedHeader => "repeated_header",
            Self::Total => "total",
            Self::NotAnOrder => "not_an_order",
            Self::IdMissing => "id_missing",
            Self::UnknownOrder => "unknown_order",
            Self::SharedOrder => "shared_order",
            Self::OrderOfAnother => "order_of_another",
            Self::NoCustomer => "no_customer",
            Self::PhoneWithoutCountry => "phone_without_country",
            Self::MaskedCustomer => "masked_customer",
            Self::ExcludedCustomer => "excluded_customer",
            Self::ExcludedTag => "excluded_tag",
            Self::ExcludedFlag => "excluded_flag",
            Self::ExcludedMemo => "excluded_memo",
            Self::TestOrder => "test_order",
            Self::VoidOrder => "void_order",
            Self::Cancelled => "cancelled",
            Self::RefundPending => "refund_pending",
            Self::RefundRefused => "refund_refused",
            Self::EmptyAnswer => "empty_answer",
            Self::BadDebt => "bad_debt",
            Self::Fee => "fee",
            Self::GiftCard => "gift_card",
            Self::QuantityNotPositive => "quantity_not_positive",
            Self::PriceNegative => "price_negative",
            Self::PriceZero => "price_zero",
        }
    }
}
