//! How histories and profiles travel as text between processes (`patron fold`).
//!
//! Input: a header line, then one fact per line, sorted by customer (byte order) and in time order within a customer,
//! refunds without a date first.
//!
//! ```text
//! #patron-fold <TAB> 1 <TAB> {"schema":["customer","tag",…],"as_of":["2024-12-31"],"timezone":"UTC","window_months":6,…}
//! customer <TAB> tag <TAB> at <TAB> order_id <TAB> amount <TAB> quantity <TAB> word
//! ```
//!
//! | field | order, line | refund | status | event, service | survey |
//! |---|---|---|---|---|---|
//! | at | µs UTC | µs UTC or `\N` | µs UTC | µs UTC | µs UTC |
//! | `order_id` | id, may be empty | same | id | `\N` | `\N` |
//! | amount | ten-thousandths | same, positive | `\N` | `\N` | `\N` |
//! | quantity | `\N`; line: ten-thousandths | `\N` | `\N` | `\N` | score |
//! | word | status | refund kind | status | kind | kind |
//!
//! Output: one line per customer and as-of day, then one control line, by which the caller checks that nothing was lost.
//!
//! ```text
//! customer <TAB> as_of <TAB> first_order_at <TAB> … (see [`PROFILE_COLUMNS`])        or
//! customer <TAB> as_of <TAB> reason
//! #patron-fold-end <TAB> 1 <TAB> facts <TAB> customers <TAB> sum of amounts
//! ```
//!
//! In texts a backslash, tab, line feed and carriage return are written `\\`, `\t`, `\n`, `\r`; `\N` is null.

use std::borrow::Cow;
use std::fmt::Write as _;

use patron_core::{
    CalendarError, Coded, Day, ErrorCode, Fact, Instant, Money, OrderStatus, RefundKind,
    ShopCalendar,
};
use serde::{Deserialize, Serialize};

use crate::answer::write_profile;
use crate::profile::Outcome;
use crate::settings::{FoldSettings, UnlinkedRefunds, ZeroOrders};

/// The protocol's version. A reader refuses any other.
pub const VERSION: u32 = 1;
/// What the first line starts with.
pub const HEADER_TAG: &str = "#patron-fold";
/// What the last line starts with.
pub const CONTROL_TAG: &str = "#patron-fold-end";
/// The columns of a profile line after `customer` and `as_of`.
pub const PROFILE_COLUMNS: [&str; 20] = [
    "first_order_at",
    "last_order_at",
    "first_day",
    "last_day",
    "orders",
    "purchase_days",
    "units",
    "monetary",
    "order_value",
    "unlinked_refunds",
    "last_order_value",
    "orders_window",
    "monetary_window",
    "orders_prior_window",
    "provisional_value",
    "gap_variation",
    "repeat_spend_days",
    "repeat_spend",
    "purchase_days_window",
    "units_window",
];
/// The fields of an input line, in their order. A header may name them (`schema`); then they must be these.
pub const FACT_FIELDS: [&str; 7] = [
    "customer", "tag", "at", "order_id", "amount", "quantity", "word",
];
pub(crate) const NULL: &str = "\\N";

/// The settings in the header line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The fields of the lines that follow: [`FACT_FIELDS`].
    #[serde(default = "fact_fields")]
    pub schema: Vec<String>,
    /// As-of days, `YYYY-MM-DD`.
    pub as_of: Vec<String>,
    /// Time zone.
    #[serde(default = "utc")]
    pub timezone: String,
    /// Months of the window.
    #[serde(default = "six")]
    pub window_months: u32,
    /// Whether orders of zero count.
    #[serde(default)]
    pub zero_orders: ZeroOrders,
    /// Whether refunds without an order count.
    #[serde(default)]
    pub unlinked_refunds: UnlinkedRefunds,
    /// Days within which an order may come back.
    #[serde(default)]
    pub return_window_days: u32,
}

fn fact_fields() -> Vec<String> {
    FACT_FIELDS.iter().map(|&field| field.to_owned()).collect()
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn six() -> u32 {
    6
}

/// Why a line is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The first line is not a header.
    #[error("the first line must start with `{HEADER_TAG}`, found `{found}`")]
    NoHeader {
        /// The start of the line.
        found: String,
    },
    /// The caller speaks another version.
    #[error(
        "this patron speaks version {VERSION} of the fold protocol, the caller version `{found}`"
    )]
    Version {
        /// The version found.
        found: String,
    },
    /// The lines that follow have other fields.
    #[error("the header announces the fields {found}, expected {}", FACT_FIELDS.join(", "))]
    Schema {
        /// The fields announced.
        found: String,
    },
    /// The settings in the header are not understood.
    #[error("the settings in the header are not understood: {reason}")]
    Settings {
        /// What is wrong.
        reason: String,
    },
    /// The zone in the header does not exist.
    #[error("the settings in the header are not understood")]
    Zone(#[source] CalendarError),
    /// A line has another number of fields.
    #[error("line {line}, customer `{customer}`: expected 7 fields, found {found}")]
    Fields {
        /// The line, from 1.
        line: u64,
        /// The customer.
        customer: String,
        /// Fields found.
        found: usize,
    },
    /// A field is not understood.
    #[error(
        "line {line}, customer `{customer}`: field `{field}` is `{value}`, expected {expected}"
    )]
    Field {
        /// The line, from 1.
        line: u64,
        /// The customer.
        customer: String,
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A customer's lines are not together or not in ascending order.
    #[error(
        "line {line}: customer `{customer}` comes after `{previous}`; lines must be sorted by customer (byte order)"
    )]
    NotGrouped {
        /// The line, from 1.
        line: u64,
        /// The customer.
        customer: String,
        /// The customer before.
        previous: String,
    },
}

impl Coded for ProtocolError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoHeader { .. } | Self::Version { .. } | Self::Schema { .. } => {
                ErrorCode::ProtocolMismatch
            }
            Self::Settings { .. } | Self::Zone(_) => ErrorCode::SettingInvalid,
            Self::Fields { .. } | Self::Field { .. } | Self::NotGrouped { .. } => {
                ErrorCode::InputNotUnderstood
            }
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoHeader { .. } => "fold_no_header",
            Self::Version { .. } => "fold_version",
            Self::Schema { .. } => "fold_schema",
            Self::Settings { .. } | Self::Zone(_) => "fold_settings",
            Self::Fields { .. } => "fold_fields",
            Self::Field { .. } => "fold_field",
            Self::NotGrouped { .. } => "fold_not_grouped",
        }
    }
}

impl Header {
    /// Reads the header line.
    ///
    /// # Errors
    /// [`ProtocolError::NoHeader`], [`ProtocolError::Version`], [`ProtocolError::Schema`] and
    /// [`ProtocolError::Settings`].
    pub fn parse(line: &str) -> Result<Self, ProtocolError> {
        let mut fields = line.splitn(3, '\t');
        if fields.next() != Some(HEADER_TAG) {
            return Err(ProtocolError::NoHeader {
                found: line.chars().take(40).collect(),
            });
        }
        let version = fields.next().unwrap_or_default();
        if version != VERSION.to_string() {
            return Err(ProtocolError::Version {
                found: version.to_owned(),
            });
        }
        let settings = fields.next().unwrap_or_default();
        let header: Self =
            serde_json::from_str(settings).map_err(|error| ProtocolError::Settings {
                reason: error.to_string(),
            })?;
        if header.schema != FACT_FIELDS {
            return Err(ProtocolError::Schema {
                found: header.schema.join(", "),
            });
        }
        Ok(header)
    }

    /// Writes the header line, without a line feed.
    #[must_use]
    pub fn line(&self) -> String {
        let settings = serde_json::to_string(self).unwrap_or_default();
        format!("{HEADER_TAG}\t{VERSION}\t{settings}")
    }

    /// Returns the settings and as-of days that the header asks for.
    ///
    /// # Errors
    /// [`ProtocolError::Settings`] and [`ProtocolError::Zone`].
    pub fn resolve(&self) -> Result<(FoldSettings, Vec<Day>), ProtocolError> {
        let day = |text: &String| {
            Day::parse_iso(text).ok_or_else(|| ProtocolError::Settings {
                reason: format!("as-of day `{text}` is not a date of the form YYYY-MM-DD"),
            })
        };
        let as_of = self.as_of.iter().map(day).collect::<Result<Vec<_>, _>>()?;
        let settings = FoldSettings {
            calendar: ShopCalendar::new(&self.timezone).map_err(ProtocolError::Zone)?,
            window_months: self.window_months,
            window_days: None,
            zero_orders: self.zero_orders,
            unlinked_refunds: self.unlinked_refunds,
            return_window_days: self.return_window_days,
        };
        Ok((settings, as_of))
    }
}

/// One line of the input, split and unescaped.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The customer.
    pub customer: Cow<'a, str>,
    tag: &'a str,
    at: &'a str,
    order_id: Cow<'a, str>,
    amount: &'a str,
    quantity: &'a str,
    word: Cow<'a, str>,
    line: u64,
}

impl<'a> Row<'a> {
    /// Splits a line. `line` is its number, for messages.
    ///
    /// # Errors
    /// [`ProtocolError::Fields`].
    pub fn parse(text: &'a str, line: u64) -> Result<Self, ProtocolError> {
        let mut fields = text.split('\t');
        let mut next = || fields.next();
        let row = (|| {
            Some(Self {
                customer: unescape(next()?),
                tag: next()?,
                at: next()?,
                order_id: next().map(|id| {
                    if id == NULL {
                        Cow::Borrowed("")
                    } else {
                        unescape(id)
                    }
                })?,
                amount: next()?,
                quantity: next()?,
                word: unescape(next()?),
                line,
            })
        })();
        match row {
            Some(row) if row.customer == NULL && text.starts_with(NULL) => {
                Err(row.wrong("customer", NULL, "a customer"))
            }
            Some(row) if fields.next().is_none() => Ok(row),
            _ => Err(ProtocolError::Fields {
                line,
                customer: text.split('\t').next().unwrap_or_default().to_owned(),
                found: text.split('\t').count(),
            }),
        }
    }

    /// Returns the fact of this line.
    ///
    /// # Errors
    /// [`ProtocolError::Field`]; an unknown tag is an error, never skipped.
    pub fn fact(&'a self) -> Result<Fact<'a>, ProtocolError> {
        let order_id: &str = &self.order_id;
        Ok(match self.tag {
            "order" => Fact::Order {
                at: self.at()?,
                order_id,
                net: self.amount()?,
                status: self.status()?,
            },
            "line" => Fact::Line {
                at: self.at()?,
                order_id,
                net: self.amount()?,
                quantity: self.number("quantity", self.quantity)?,
                status: self.status()?,
            },
            "refund" => Fact::Refund {
                at: if self.at == NULL {
                    None
                } else {
                    Some(self.at()?)
                },
                order_id,
                amount: self.amount()?,
                kind: self.refund_kind()?,
            },
            "status" => Fact::StatusChange {
                at: self.at()?,
                order_id,
                status: self.status()?,
            },
            "event" => Fact::Event {
                at: self.at()?,
                kind: &self.word,
            },
            "survey" => Fact::Survey {
                at: self.at()?,
                kind: &self.word,
                score: i32::try_from(self.number("quantity", self.quantity)?)
                    .map_err(|_| self.wrong("quantity", self.quantity, "a score"))?,
            },
            "service" => Fact::ServiceContact {
                at: self.at()?,
                kind: &self.word,
            },
            other => {
                return Err(self.wrong(
                    "tag",
                    other,
                    "order, line, refund, status, event, survey or service",
                ));
            }
        })
    }

    fn at(&self) -> Result<Instant, ProtocolError> {
        self.number("at", self.at).map(Instant)
    }

    fn amount(&self) -> Result<Money, ProtocolError> {
        self.number("amount", self.amount).map(Money)
    }

    fn number(&self, field: &'static str, value: &str) -> Result<i64, ProtocolError> {
        value
            .parse()
            .map_err(|_| self.wrong(field, value, "a whole number"))
    }

    fn status(&self) -> Result<OrderStatus, ProtocolError> {
        Ok(match &*self.word {
            "paid" => OrderStatus::Paid,
            "pending" => OrderStatus::Pending,
            "cancelled" => OrderStatus::Cancelled,
            "void" => OrderStatus::Void,
            "test" => OrderStatus::Test,
            "refunded" => OrderStatus::Refunded,
            other => {
                return Err(self.wrong(
                    "word",
                    other,
                    "paid, pending, cancelled, void, test or refunded",
                ));
            }
        })
    }

    fn refund_kind(&self) -> Result<RefundKind, ProtocolError> {
        Ok(match &*self.word {
            "return" => RefundKind::Return,
            "refund_only" => RefundKind::RefundOnly,
            "exchange" => RefundKind::Exchange,
            "compensation" => RefundKind::Compensation,
            other => {
                return Err(self.wrong(
                    "word",
                    other,
                    "return, refund_only, exchange or compensation",
                ));
            }
        })
    }

    fn wrong(&self, field: &'static str, value: &str, expected: &'static str) -> ProtocolError {
        ProtocolError::Field {
            line: self.line,
            customer: self.customer.clone().into_owned(),
            field,
            value: value.to_owned(),
            expected,
        }
    }
}

/// Appends the line of a fact, with its line feed.
pub fn write_fact(out: &mut String, customer: &str, fact: &Fact<'_>) {
    escape_into(out, customer);
    let at = match fact {
        Fact::Refund { at: None, .. } => NULL.to_owned(),
        _ => fact.at().0.to_string(),
    };
    let _ = write!(out, "\t{}\t{at}\t", fact.tag());
    match *fact {
        Fact::Order {
            order_id,
            net,
            status,
            ..
        } => {
            escape_into(out, order_id);
            let _ = writeln!(out, "\t{}\t{NULL}\t{}", net.0, status_word(status));
        }
        Fact::Line {
            order_id,
            net,
            quantity,
            status,
            ..
        } => {
            escape_into(out, order_id);
            let _ = writeln!(out, "\t{}\t{quantity}\t{}", net.0, status_word(status));
        }
        Fact::Refund {
            order_id,
            amount,
            kind,
            ..
        } => {
            escape_into(out, order_id);
            let word = match kind {
                RefundKind::Return => "return",
                RefundKind::RefundOnly => "refund_only",
                RefundKind::Exchange => "exchange",
                RefundKind::Compensation => "compensation",
            };
            let _ = writeln!(out, "\t{}\t{NULL}\t{word}", amount.0);
        }
        Fact::StatusChange {
            order_id, status, ..
        } => {
            escape_into(out, order_id);
            let _ = writeln!(out, "\t{NULL}\t{NULL}\t{}", status_word(status));
        }
        Fact::Event { kind, .. } | Fact::ServiceContact { kind, .. } => {
            let _ = write!(out, "{NULL}\t{NULL}\t{NULL}\t");
            escape_into(out, kind);
            out.push('\n');
        }
        Fact::Survey { kind, score, .. } => {
            let _ = write!(out, "{NULL}\t{NULL}\t{score}\t");
            escape_into(out, kind);
            out.push('\n');
        }
    }
}

/// Appends the line of an outcome, with its line feed.
pub fn write_outcome(out: &mut String, customer: &str, as_of: Day, outcome: &Outcome) {
    escape_into(out, customer);
    let _ = write!(out, "\t{as_of}\t");
    match outcome {
        Outcome::Customer(profile) => write_profile(out, profile, '\t'),
        Outcome::Prospect(reason) => out.push_str(reason.key()),
    }
    out.push('\n');
}

/// Returns the control line that ends the output, with its line feed.
#[must_use]
pub fn control_line(facts: u64, customers: u64, amounts: i128) -> String {
    format!("{CONTROL_TAG}\t{VERSION}\t{facts}\t{customers}\t{amounts}\n")
}

const fn status_word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Paid => "paid",
        OrderStatus::Pending => "pending",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Void => "void",
        OrderStatus::Test => "test",
        OrderStatus::Refunded => "refunded",
    }
}

/// Appends a text so that it holds neither tab nor line break: `\\\\`, `\\t`, `\\n`, `\\r` stand for these.
pub fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
}

/// Returns the text that [`escape_into`] wrote.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, str> {
    if text == NULL || !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    Cow::Owned(plain)
}
