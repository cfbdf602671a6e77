//! From a shop's file to accounted rows: formats, recognition, presets, row classes.
//!
//! | module | question it answers |
//! |---|---|
//! | [`options`] | what may the user settle before a file is read? |
//! | [`field`], [`content`] | what can a column hold, and what a whole file? |
//! | `preset` | what is known about the files of a shop system? |
//! | [`understanding`], `understand` | what is this file, and which column is what? |
//! | `container` | what lies behind a path: an archive, a workbook, JSON, a folder? |
//! | [`text`] | how does a text file become blocks of whole records? |
//! | [`reader`] | what is this row: an order, a refund, or set aside, and why? |
//! | [`batch`], [`details`] | what do rows become? |
//! | [`rates`], [`exchange`] | what was one currency worth in another on a day? |
//! | [`cell`], [`reason`], [`error`] | a cell of any file; why a row, or a whole file, is refused |
//!
//! Text is read here; Parquet is decoded by patron-engine, which gives typed [`Cell`]s to the same [`RowReader`]. A row is
//! judged by itself alone, so neither blocks nor threads can change what becomes of it. What needs all rows of a
//! customer or of an order (duplicates, repeated order ids) is left to the engine.
#![forbid(unsafe_code)]

pub mod batch;
pub mod cell;
mod container;
pub mod content;
pub mod details;
pub mod error;
pub mod exchange;
pub mod field;
pub mod options;
mod preset;
pub mod rates;
pub mod reader;
pub mod reason;
pub mod text;
mod understand;
pub mod understanding;
mod value;
mod words;

pub use batch::{
    Contact, CurrenciesSeen, FactRows, RejectedRow, RowAccount, RowBatch, RowKind, TextColumn,
    UNDATED, VALUE_CHARACTERS,
};
pub use cell::{Cell, ROW_HASH_SEED, hash_cell, hash_field};
pub use container::place::expand;
pub use container::workbook::WORKBOOK_THREAD;
pub use content::Content;
pub use details::{DetailColumn, DetailValues, Details, NO_NUMBER, UnreadDetail, UnreadDetails};
pub use error::ImportError;
pub use exchange::{Exchange, Exchanged, ExchangedRows};
pub use field::{DetailKind, Field};
pub use options::{
    DateFormat, DecimalMark, ExcludeRules, Grain, ImportOptions, KeepRules, is_phone_country,
    phone_countries,
};
pub use preset::preset_names;
pub use rates::{Rate, Rates, RatesError};
pub use reader::{PlainOrder, PlainOrders, RowReader, WrittenDown, is_address};
pub use reason::Reason;
pub use text::{FileKind, TextBlock, TextBlocks, file_kind, open_text};
pub use understand::{DateSeen, DayOrder, WholeColumn, understand_table};
pub use understanding::{
    AmountRule, Format, GrainRule, LineDiscount, Note, PresetReason, PresetUsed, Understanding,
    UsedColumn,
};
