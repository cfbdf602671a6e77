//! What the user may settle before a file is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use patron_core::{Day, OrderStatus, ShopCalendar};

use crate::exchange::Exchange;
use crate::field::Field;
use crate::value::country::Country;

/// 1990-01-01: no shop's system is older, and what is dated before is a placeholder such as 1900-01-01 or 1970-01-01.
const EARLIEST_DAY: Day = Day(7_305);

/// What one row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Grain {
    /// A whole order.
    Order,
    /// A line of an order.
    Line,
}

/// The order of day, month and year in the file's dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DateFormat {
    /// `2024-05-01`, `2024/5/1`, `2024年5月1日`, `20240501`.
    YearMonthDay,
    /// `1/5/2024`, `01.05.2024`, `1-5-24`.
    DayMonthYear,
    /// `5/1/2024`, `05-01-2024`.
    MonthDayYear,
    /// `May 1, 2024`, `1 May 2024`: the month is a word.
    MonthName,
    /// `45413.4167`: days as a spreadsheet counts them, from 1899-12-30.
    SheetDay,
}

impl DateFormat {
    /// Every format that can be told from a number, in the order in which they are tried.
    pub const ALL: &'static [Self] = &[
        Self::YearMonthDay,
        Self::DayMonthYear,
        Self::MonthDayYear,
        Self::MonthName,
    ];

    /// Returns the name `--date-format` takes.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::YearMonthDay => "ymd",
            Self::DayMonthYear => "dmy",
            Self::MonthDayYear => "mdy",
            Self::MonthName => "named",
            Self::SheetDay => "sheet",
        }
    }

    /// Returns the format of a name `--date-format` takes.
    #[must_use]
    pub fn from_key(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .chain([Self::SheetDay])
            .find(|format| format.key().eq_ignore_ascii_case(name.trim()))
    }
}

/// Which mark separates units from decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DecimalMark {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

impl DecimalMark {
    /// Returns the name of the mark, as `--decimal-mark` takes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    /// Returns the mark of `point`, `comma`, `.` or `,`.
    #[must_use]
    pub fn from_key(name: &str) -> Option<Self> {
        match name.trim() {
            "." | "point" => Some(Self::Point),
            "," | "comma" => Some(Self::Comma),
            _ => None,
        }
    }
}

/// Which classes of rows are kept although they would be set aside. A kept row falls through to the next class that
/// fits it, so a kept fee line with a negative quantity is a refund.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent switch the user has"
)]
pub struct KeepRules {
    /// Postage, commission, bank charges.
    pub fee_lines: bool,
    /// Lines that sell a gift card.
    pub gift_cards: bool,
    /// Bad debt, manual adjustments.
    pub bad_debt: bool,
    /// Orders marked as tests or void.
    pub test_or_void: bool,
    /// Cancelled orders.
    pub cancelled: bool,
    /// Lines with a quantity of zero or less that are not refunds.
    pub quantity_not_positive: bool,
    /// Lines with a price below zero.
    pub negative_price: bool,
    /// Lines with a price of zero.
    pub zero_price: bool,
    /// Orders whose id another customer's order has, too.
    pub shared_orders: bool,
}

/// Rows of staff, resellers, a till, brushed orders: set aside by what they say. A row is excluded if one rule fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ExcludeRules {
    /// Ids of customers, exactly.
    pub customers: BTreeSet<String>,
    /// Labels; a cell may hold several, set apart by `,`, `;`, `|` or `、`. Case does not matter.
    pub tags: Vec<String>,
    /// Whole values of the flag. Case does not matter.
    pub flags: Vec<String>,
    /// Words within the memo. Case does not matter.
    pub memos: Vec<String>,
}

/// What the user settled; everything else is understood from the file, and said.
///
/// It can be told to another process that reads rows, all but the rates of [`ImportOptions::exchange`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ImportOptions {
    /// `--as`: the preset's name; recognised from the file where absent.
    pub preset: Option<String>,
    /// `--map field=column`: a header, or `#3` for the third column.
    pub mapping: Vec<(Field, String)>,
    /// `--grain`.
    pub grain: Option<Grain>,
    /// `--date-format`.
    pub date_format: Option<DateFormat>,
    /// `--decimal-mark`.
    pub decimal_mark: Option<DecimalMark>,
    /// `--delimiter`.
    pub delimiter: Option<u8>,
    /// `--encoding`: a label such as `gb18030`; decided from the file where absent.
    pub encoding: Option<String>,
    /// `--fee-lines keep` and its like.
    pub keep: KeepRules,
    /// Words of the status column and what they mean, before the built-in ones.
    pub status_words: Vec<(String, OrderStatus)>,
    /// Whose rows are set aside.
    pub exclude: ExcludeRules,
    /// Other files are read with this one: what tells versions of an order apart is read too.
    pub several_files: bool,
    /// The facts are to be kept: every column that the canonical tables have is read, see [`crate::Details`].
    pub with_details: bool,
    /// Lists of customers, products, refunds, events, answers and spend are read too; else they are refused.
    pub lists: bool,
    /// The first day on which an order can have been placed; an earlier date is a placeholder or mistyped.
    pub earliest_day: Day,
    /// The last such day, if it is known: today, and a day more for other time zones.
    pub latest_day: Option<Day>,
    /// The shop's calendar: what a time without an offset means.
    #[serde(with = "zone")]
    pub calendar: ShopCalendar,
    /// `--currency`.
    pub currency: Option<String>,
    /// `--phone-country`: that of telephone numbers which do not say theirs, see [`is_phone_country`].
    pub phone_country: Option<String>,
    /// `--rates`: amounts in other currencies are converted; all amounts are then in its currency, whatever `currency` says.
    #[serde(skip)]
    pub exchange: Option<Arc<Exchange>>,
}

/// A calendar is told by the name of its zone.
mod zone {
    use patron_core::ShopCalendar;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        calendar: &ShopCalendar,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(calendar.name())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<ShopCalendar, D::Error> {
        ShopCalendar::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl ImportOptions {
    /// Returns the currency that all amounts are in, or are converted to, where the user says.
    #[must_use]
    pub fn shop_currency(&self) -> Option<&str> {
        let exchange = self.exchange.as_ref().map(|exchange| exchange.to());
        exchange.or(self.currency.as_deref())
    }
}

/// Returns true for a country whose telephone numbers are known: by its code of two or three letters, or its name.
#[must_use]
pub fn is_phone_country(text: &str) -> bool {
    Country::find(text).is_some()
}

/// Returns the codes of the countries whose telephone numbers are known.
#[must_use]
pub fn phone_countries() -> Vec<&'static str> {
    Country::codes().collect()
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            preset: None,
            mapping: Vec::new(),
            grain: None,
            date_format: None,
            decimal_mark: None,
            delimiter: None,
            encoding: None,
            keep: KeepRules::default(),
            status_words: Vec::new(),
            exclude: ExcludeRules::default(),
            several_files: false,
            with_details: false,
            lists: false,
            earliest_day: EARLIEST_DAY,
            latest_day: None,
            calendar: ShopCalendar::utc(),
            currency: None,
            phone_country: None,
            exchange: None,
        }
    }
}
