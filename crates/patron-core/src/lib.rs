//! The words of the domain: money, days, calendars, canonical facts, error codes.
//!
//! Everything here is a plain value with no IO, no clock and no engine in it. Other crates speak in these words, so
//! that an amount, a day or a row class means the same in a reader, in the fold, in a report and on Spark.
//!
//! | module | question it answers |
//! |---|---|
//! | [`money`] | what is an amount, and how is it read from text or a float without loss? |
//! | [`calendar`] | which local day is an instant, and when does a day end, in the shop's zone? |
//! | [`day`] | how are days and calendar months counted? |
//! | [`fact`] | what can happen in a customer's history? |
//! | [`row`] | in which class does an input row end? |
//! | [`error`] | which few kinds of failure are there, and what do they mean for an exit code? |
#![forbid(unsafe_code)]

pub mod calendar;
pub mod day;
pub mod error;
pub mod fact;
pub mod money;
pub mod row;

pub use calendar::{CalendarError, Instant, LocalDateTime, ShopCalendar};
pub use day::Day;
pub use error::{Coded, ErrorCode};
pub use fact::{Fact, OrderStatus, RefundKind};
pub use money::{Money, MoneyError, MoneySum, ParsedMoney};
pub use row::{RowClass, RowFlag};
