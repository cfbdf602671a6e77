//! What was understood of a file, in a form that can be shown before a row is read.

use std::fmt;

use crate::batch::CurrenciesSeen;
use crate::cell::{ROW_HASH_SEED, hash_field};
use crate::content::Content;
use crate::error::ImportError;
use crate::field::{DetailKind, Field, plain};
use crate::options::{DateFormat, DecimalMark};
use crate::preset::RowRules;
use crate::value::country::Country;
use crate::words;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Delimited {
        /// The byte between fields.
        delimiter: u8,
        /// Compressed with gzip.
        gzip: bool,
    },
    /// Columns aligned with blanks.
    Aligned {
        /// Compressed with gzip.
        gzip: bool,
    },
    /// Parquet, decoded by the engine.
    Parquet,
    /// The answer of a database, decoded by the engine.
    Query,
}

/// How rows become orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrainRule {
    /// There is no order id: each row is an order.
    EachRowIsAnOrder,
    /// Rows are lines; lines with one order id form one order.
    Lines,
    /// Rows are orders, because the user or the preset says so.
    Orders,
    /// Rows are orders by their columns. If most repeated order ids carry a constant amount, the file must be refused
    /// until `--grain` is given.
    OrdersUnlessRepeated,
}

/// Where a row's amount comes from. Numbers are places in [`Understanding::columns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountRule {
    /// One column, as it stands.
    Column(usize),
    /// Gross less discount.
    GrossLessDiscount {
        /// Gross.
        gross: usize,
        /// The discount, an amount.
        discount: usize,
    },
    /// Quantity times unit price, less a discount.
    QuantityTimesPrice {
        /// Quantity.
        quantity: usize,
        /// Unit price.
        unit_price: usize,
        /// The discount, if there is one.
        discount: Option<LineDiscount>,
    },
}

/// The discount of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineDiscount {
    /// An amount, to be subtracted.
    Amount(usize),
    /// A share of the price, such as `0.2` or `20%`.
    Rate(usize),
    /// A share of the price in percent, such as `20`.
    Percent(usize),
}

/// A column that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedColumn {
    /// As what.
    pub field: Field,
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its header.
    pub header: String,
    /// How its dates are written, where that is not as the file's own date is.
    pub(crate) date_format: Option<DateFormat>,
}

/// A preset that applies, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetUsed {
    /// Its name, as `--as` takes it.
    pub name: String,
    /// Why it applies.
    pub why: PresetReason,
}

/// Why a preset applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetReason {
    /// The user asked for it.
    Asked,
    /// All its columns are there.
    Header,
    /// The lines have its shape.
    Layout,
}

/// Something that was decided for the user, and said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A stable key, for translation.
    pub key: &'static str,
    /// The values the text mentions, by name.
    pub params: Vec<(&'static str, String)>,
    text: String,
}

impl Note {
    pub(crate) fn new(
        key: &'static str,
        params: Vec<(&'static str, String)>,
        text: String,
    ) -> Self {
        Self { key, params, text }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Which columns of an order's further rows are filled from its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FillDown {
    /// The column of the order's id.
    pub(crate) order: usize,
    /// The column that only first rows have.
    pub(crate) first_row_has: usize,
    /// The columns that are filled.
    pub(crate) columns: Vec<usize>,
}

/// Columns that patron wrote into a table which it made itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    /// The line of the source on which a row stands.
    pub(crate) line: Option<usize>,
    /// Whether a row only repeats another.
    pub(crate) merged: Option<usize>,
}

/// Where a detail is read; a column that decides something may be a detail besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DetailPlace {
    pub(crate) field: Field,
    pub(crate) kind: DetailKind,
    /// Its place in [`Understanding::columns`].
    pub(crate) slot: usize,
}

/// How the rows of a list are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListRule {
    /// The date that every row must have.
    pub(crate) date: Option<Field>,
    /// The field to which all other columns go as JSON, and their places in [`Understanding::columns`].
    pub(crate) rest: Option<(Field, Vec<usize>)>,
}

/// What was understood of a file: enough to read any of its rows alone.
#[derive(Debug, Clone)]
pub struct Understanding {
    /// The file, as messages name it.
    pub file: String,
    /// What kind of file it is.
    pub format: Format,
    /// The encoding of its text, by its name on the web.
    pub encoding: &'static str,
    /// The preset that applies.
    pub preset: Option<PresetUsed>,
    /// All headers, in file order.
    pub headers: Vec<String>,
    /// The columns that are used. The cells of `RowReader::read_row` are in this order.
    pub columns: Vec<UsedColumn>,
    /// How rows become orders.
    pub grain: GrainRule,
    /// Where amounts come from.
    pub amount: AmountRule,
    /// In which order dates are written.
    pub date_format: DateFormat,
    /// How decimals are written.
    pub decimal_mark: DecimalMark,
    /// Whether the decimal mark was guessed (all samples look like `1,234`).
    pub decimal_mark_guessed: bool,
    /// The shop's currency, where the user says; what the file says is [`Understanding::currency_of`].
    pub currency: Option<String>,
    /// Every default and guess, to be said to the user.
    pub notes: Vec<Note>,
    /// The columns (places in the file) that enter the row hash, in this order: all of them, unless the rule is
    /// `Orders` or `OrdersUnlessRepeated`: then those that are used.
    pub hashed_columns: Vec<usize>,
    /// What the preset sets elsewhere, such as `zero_orders = count`.
    pub defaults: Vec<(String, String)>,
    /// How many of `columns` decide numbers of a run; those behind them are details only.
    pub(crate) deciding: usize,
    /// The details that are kept, where that was asked for.
    pub(crate) details: Vec<DetailPlace>,
    pub(crate) rules: RowRules,
    /// The customer's column is an e-mail address: case does not matter.
    pub(crate) customer_is_email: bool,
    /// Neither an id nor an e-mail address names the customer, but a telephone number.
    pub(crate) customer_is_phone: bool,
    pub(crate) phones: PhoneRule,
    /// What belongs to an order stands on its first row only; the others are further lines without an amount.
    pub(crate) fill_down: Option<FillDown>,
    /// What a table that patron made says of its rows.
    pub(crate) control: Option<Control>,
    /// The currency that the header of the amount names.
    pub(crate) header_currency: Option<String>,
    /// Amounts in other currencies than [`Understanding::currency`] are converted to it.
    pub(crate) is_exchanged: bool,
    /// What its rows are.
    pub holds: Content,
    /// How the rows of a list are read; nothing of orders.
    pub(crate) list: Option<ListRule>,
}

/// Which country telephone numbers belong to that do not say it themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PhoneRule {
    /// That of the shop, as the user says.
    pub(crate) home: Option<&'static Country>,
    /// No number of the first rows is international: the digits tell customers apart as they stand.
    pub(crate) as_they_stand: bool,
}

impl PhoneRule {
    /// Returns the country of a row, of which its column says so much.
    pub(crate) fn country(&self, said: &str) -> Option<&'static Country> {
        if words::is_missing(said) {
            self.home
        } else {
            Country::find(said)
        }
    }
}

impl Understanding {
    /// Returns how the dates of a used column are written.
    pub(crate) fn date_format_of(&self, slot: usize) -> DateFormat {
        let column = self.columns.get(slot);
        let own = column.and_then(|column| column.date_format);
        own.unwrap_or(self.date_format)
    }

    /// Returns the header of the date that decides, if there is one.
    #[must_use]
    pub fn date_header(&self) -> Option<&str> {
        let list = self.list.as_ref();
        let field = list.map_or(Some(Field::OrderedAt), |list| list.date)?;
        let column = self.columns.iter().find(|column| column.field == field)?;
        Some(&column.header)
    }

    /// Returns what is still known of a file that was imported before.
    #[must_use]
    pub fn of_import(
        holds: Content,
        file: String,
        preset: Option<String>,
        grain: GrainRule,
        currency: Option<String>,
        defaults: Vec<(String, String)>,
    ) -> Self {
        let why = PresetReason::Header;
        Self {
            file,
            format: Format::Parquet,
            encoding: "utf-8",
            preset: preset.map(|name| PresetUsed { name, why }),
            headers: Vec::new(),
            columns: Vec::new(),
            grain,
            amount: AmountRule::Column(0),
            date_format: DateFormat::YearMonthDay,
            decimal_mark: DecimalMark::Point,
            decimal_mark_guessed: false,
            currency,
            notes: Vec::new(),
            hashed_columns: Vec::new(),
            defaults,
            deciding: 0,
            details: Vec::new(),
            rules: RowRules::default(),
            customer_is_email: false,
            customer_is_phone: false,
            phones: PhoneRule::default(),
            fill_down: None,
            control: None,
            header_currency: None,
            is_exchanged: false,
            holds,
            list: None,
        }
    }

    /// Returns the hash with which the hash of every row starts: of the names of the hashed columns, so that rows of files
    /// with other columns are never equal.
    #[must_use]
    pub fn row_seed(&self) -> u64 {
        let names = self.hashed_columns.iter();
        let names = names.filter_map(|&index| self.headers.get(index));
        names.fold(ROW_HASH_SEED, |hash, name| {
            hash_field(hash, plain(name).as_bytes())
        })
    }

    /// Returns the place of a field in [`Understanding::columns`].
    #[must_use]
    pub fn slot(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// Returns true for a place in [`Understanding::columns`] that is read as a detail only: of it nothing but text and
    /// numbers is needed, whatever its type in the file.
    #[must_use]
    pub const fn is_only_detail(&self, slot: usize) -> bool {
        slot >= self.deciding
    }

    /// Returns the place of a field among the columns that decide.
    pub(crate) fn deciding_slot(&self, field: Field) -> Option<usize> {
        self.deciding_columns()
            .position(|column| column.field == field)
    }

    /// Returns the columns that decide, in their order.
    pub(crate) fn deciding_columns(&self) -> impl Iterator<Item = &UsedColumn> {
        self.columns.iter().take(self.deciding)
    }

    /// Returns the currency of the file, given all that its rows named; with rates the one that they are converted to. Signs that several currencies share (`$`, `¥`,
    /// `kr`) say nothing beside a code.
    ///
    /// # Errors
    /// [`ImportError::TwoCurrencies`] if rows name two; [`ImportError::OtherCurrency`] if they name another than the user.
    pub fn currency_of(&self, seen: &CurrenciesSeen) -> Result<Option<String>, ImportError> {
        if self.is_exchanged {
            return Ok(self.currency.clone());
        }
        let mut seen = seen.clone();
        if let Some(currency) = &self.header_currency {
            seen.see(currency, 1);
        }
        let mut named = seen.in_order();
        if let Some(code) = named
            .iter()
            .map(|(name, _)| name.clone())
            .find(|name| is_code(name))
        {
            // A sign that the code's currency uses says nothing new; another sign is another currency.
            named.retain(|(name, _)| is_code(name) || !sign_stands_for(name, &code));
        }
        match named.as_slice() {
            [] => Ok(self.currency.clone()),
            [(only, line)] => match &self.currency {
                Some(shop) if is_code(only) && !shop.eq_ignore_ascii_case(only) => {
                    Err(ImportError::OtherCurrency {
                        file: self.file.clone(),
                        found: only.clone(),
                        line: *line,
                        expected: shop.clone(),
                    })
                }
                Some(shop) => Ok(Some(shop.clone())),
                None => Ok(Some(only.clone()).filter(|name| is_code(name))),
            },
            [(first, first_line), (second, second_line), ..] => Err(ImportError::TwoCurrencies {
                file: self.file.clone(),
                first: first.clone(),
                first_line: *first_line,
                second: second.clone(),
                second_line: *second_line,
            }),
        }
    }
}

/// Whether a sign that several currencies share may stand for one of them.
pub(crate) fn sign_stands_for(sign: &str, code: &str) -> bool {
    let may_be: &[&str] = match sign {
        "$" => &[
            "USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL",
        ],
        "¥" => &["CNY", "JPY"],
        "kr" => &["SEK", "NOK", "DKK", "ISK"],
        _ => &[],
    };
    may_be.contains(&code)
}

pub(crate) fn is_code(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}
