//! The tests of patron-import: one binary, one module per question.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "helpers of tests fail as tests do; tables of cases are long"
)]

mod support;

/// Do bad files and bad rows get their exact error or reason?
mod bad_input;
/// Does the size of blocks matter, and do splitter and csv crate agree?
mod blocks;
/// Do archives, workbooks, folders and pipes give the facts of the table in them?
mod containers;
/// Are columns that decide nothing kept with the facts, and do they decide nothing?
mod details;
/// Are texts in other encodings read as their UTF-8 would be?
mod encodings;
/// Do hostile files do no more than fail, with their own error?
mod hostile;
/// Does JSON give the orders in it, in whatever form?
mod json;
/// Are lists of customers, products, refunds, events, answers and spend read, each row in its class?
mod lists;
/// Is each shop system's export read as documented, and told apart from what holds no orders?
mod presets;
/// Are amounts in other currencies converted as the rates say?
mod rates;
/// Do real files give the figures made elsewhere?
mod real_files;
/// Are files of the wild understood: headers, dates, amounts, grain?
mod recognition;
/// Do rows end in the class the definitions say, and does the account add up?
mod rows;
/// Are the traps of exports set aside or refused, each with its mend?
mod traps;
/// Do typed cells say what they say as text?
mod typed;
