//! In which order dates are written, and how decimals: settled for the whole column, never by row. The first rows settle
//! it; where they leave the order of day and month open, the whole column does.

use patron_core::Money;

use crate::error::ImportError;
use crate::field::{DetailKind, Field};
use crate::options::{DateFormat, DecimalMark, ImportOptions};
use crate::understand::whole::{self, DayOrder, is_clear};
use crate::understand::{Table, notes};
use crate::understanding::{Understanding, UsedColumn};
use crate::value::amount::{self, MarkEvidence};
use crate::value::date;

/// Numbers between 0 and 1 that make a discount a rate: a few small amounts may all be below 1.
const SHARES_FOR_A_RATE: usize = 20;

/// Returns true if a text is a date in some form.
pub(super) fn is_date(text: &str) -> bool {
    DateFormat::ALL
        .iter()
        .any(|&format| date::parse(text, format).is_some())
}

/// Settles the form of the dates of a column.
pub(super) fn date_format(
    table: Table<'_>,
    column: usize,
    options: &ImportOptions,
) -> Result<DateFormat, ImportError> {
    match options.date_format {
        Some(format) => Ok(format),
        None => own_date_format(table, column),
    }
}

/// Settles the form of the dates that stand beside a file's own: each column's, where it is not the same.
pub(super) fn dates_beside(table: Table<'_>, understanding: &mut Understanding) {
    let date_format = understanding.date_format;
    let date = understanding.list.as_ref().and_then(|list| list.date);
    let beside = |column: &&mut UsedColumn| is_beside(column.field) && Some(column.field) != date;
    for column in understanding.columns.iter_mut().filter(beside) {
        let (mut all, mut read) = (0, 0);
        // A word among the dates says nothing of their form.
        for value in table.values(column.index).filter(|value| is_date(value)) {
            all += 1;
            read += usize::from(date::parse(value, date_format).is_some());
        }
        let is_empty = table.values(column.index).next().is_none();
        if is_empty || all > 0 && is_clear(read, all) {
            continue;
        }
        match own_date_format(table, column.index) {
            Ok(own) => column.date_format = Some(own),
            Err(_) if column.field == Field::UpdatedAt => {
                let note = notes::changes_not_read(&column.header);
                understanding.notes.push(note);
            }
            Err(_) => {}
        }
    }
}

/// Whether a field is a point in time beside the one that decides.
fn is_beside(field: Field) -> bool {
    matches!(field, Field::UpdatedAt | Field::CancelledAt | Field::PaidAt)
        || field.detail_kind() == Some(DetailKind::Instant)
}

/// Settles the form of the dates of a column from what it holds.
fn own_date_format(table: Table<'_>, column: usize) -> Result<DateFormat, ImportError> {
    let count = |format| {
        table
            .values(column)
            .filter(|value| date::parse(value, format).is_some())
            .count()
    };
    let numbered = count(DateFormat::YearMonthDay);
    let named = count(DateFormat::MonthName);
    let either = table
        .values(column)
        .filter(|value| {
            let (day_first, month_first) = whole::reads_as(value);
            day_first || month_first
        })
        .count();
    if either > numbered.max(named) {
        return day_or_month_first(table, column);
    }
    if numbered.max(named) == 0 && holds_sheet_days(table, column) {
        return Ok(DateFormat::SheetDay);
    }
    match table.values(column).next() {
        Some(example) if numbered.max(named) == 0 => Err(ImportError::DatesNotUnderstood {
            file: table.file.to_owned(),
            column: table.header(column).to_owned(),
            example: example.to_owned(),
        }),
        _ if named > numbered => Ok(DateFormat::MonthName),
        _ => Ok(DateFormat::YearMonthDay),
    }
}

/// Returns true for a column of numbers as a spreadsheet counts the days of shops: 1995 to 2064.
fn holds_sheet_days(table: Table<'_>, column: usize) -> bool {
    const SHOPS: std::ops::Range<f64> = 34_700.0..60_300.0;
    let mut any = false;
    let all = table.values(column).all(|value| {
        any = true;
        date::parse(value, DateFormat::SheetDay).is_some()
            && value.parse().is_ok_and(|serial| SHOPS.contains(&serial))
    });
    any && all
}

/// Fewest dates among the first rows that settle the order of day and month for the whole file.
const FEWEST_DECIDING: usize = 200;

/// Settles which comes first from the first rows; where few of these say, or they leave it open or differ, from the whole column.
fn day_or_month_first(table: Table<'_>, column: usize) -> Result<DateFormat, ImportError> {
    let mut order = DayOrder::default();
    for (line, row) in (1..).zip(table.sample) {
        if let Some(Some(value)) = row.get(column) {
            order.see(line, value);
        }
    }
    // A few dates do not speak for all that come behind them.
    let is_open = order.settled().is_none() || order.decided() < FEWEST_DECIDING;
    if let Some(whole) = table.whole.filter(|_| is_open) {
        order = whole.day_order(column)?;
    }
    if let Some(format) = order.settled() {
        return Ok(format);
    }
    let (file, column) = (table.file.to_owned(), table.header(column).to_owned());
    let example = order.example.unwrap_or_default();
    Err(match (order.day_first.first, order.month_first.first) {
        (Some(day_first), Some(month_first)) => ImportError::MixedDates {
            file,
            column,
            day_first: Box::new(day_first),
            month_first: Box::new(month_first),
        },
        _ => ImportError::AmbiguousDates {
            file,
            column,
            example,
        },
    })
}

/// Settles the decimal mark of a file from all its columns of numbers together, since one program wrote them; says
/// whether it was guessed.
pub(super) fn decimal_mark(
    table: Table<'_>,
    columns: &[usize],
    options: &ImportOptions,
) -> Result<(DecimalMark, bool), ImportError> {
    if let Some(mark) = options.decimal_mark {
        return Ok((mark, false));
    }
    let (mut points, mut commas, mut unclear) = (Vec::new(), Vec::new(), false);
    for &column in columns {
        for value in table.values(column) {
            match amount::mark_evidence(value) {
                MarkEvidence::Point => points.push((column, value)),
                MarkEvidence::Comma => commas.push((column, value)),
                MarkEvidence::CommaAmbiguous => unclear = true,
                MarkEvidence::None => {}
            }
        }
    }
    let clear = |count: usize| is_clear(count, points.len() + commas.len());
    match (points.first(), commas.first()) {
        (None, None) => Ok((DecimalMark::Point, unclear)),
        (Some(_), _) if clear(points.len()) => Ok((DecimalMark::Point, false)),
        (_, Some(_)) if clear(commas.len()) => Ok((DecimalMark::Comma, false)),
        (point, comma) => Err(ImportError::MixedDecimalMarks {
            file: table.file.to_owned(),
            column: table
                .header(comma.map_or(0, |&(column, _)| column))
                .to_owned(),
            point: point.map_or("", |&(_, value)| value).to_owned(),
            comma: comma.map_or("", |&(_, value)| value).to_owned(),
        }),
    }
}

/// Returns true if a discount column holds shares of the price, not amounts: a percent sign or a name that says so, or
/// many numbers and none outside 0 to 1.
pub(super) fn is_rate(table: Table<'_>, column: usize) -> bool {
    let header = table.header(column).to_lowercase();
    if ["rate", "percent", "%", "pct", "折扣率"]
        .iter()
        .any(|word| header.contains(word))
        || table.values(column).any(|value| value.ends_with('%'))
    {
        return true;
    }
    let mut shares = 0;
    let within = table.values(column).all(|value| {
        Money::parse(value).is_ok_and(|parsed| {
            let share = parsed.amount.0;
            shares += usize::from(share > 0 && share < patron_core::money::SCALE);
            (0..=patron_core::money::SCALE).contains(&share)
        })
    });
    within && shares >= SHARES_FOR_A_RATE
}

/// Returns true if a column of rates holds percentages without their sign, such as `20`.
pub(super) fn is_percent(table: Table<'_>, column: usize) -> bool {
    table.values(column).any(|value| {
        Money::parse(value).is_ok_and(|parsed| parsed.amount.0 > patron_core::money::SCALE)
    })
}

/// Returns true if at least half of a column's values are dates in some form.
pub(super) fn holds_dates(table: Table<'_>, column: usize) -> bool {
    let (mut all, mut dates) = (0_usize, 0_usize);
    for value in table.values(column) {
        all += 1;
        dates += usize::from(is_date(value) || date::parse(value, DateFormat::SheetDay).is_some());
    }
    dates * 2 >= all
}

/// Returns true if at least half of a column's values are numbers.
pub(super) fn holds_numbers(table: Table<'_>, column: usize) -> bool {
    let (mut all, mut numbers) = (0_usize, 0_usize);
    for value in table.values(column) {
        all += 1;
        let reads = |mark| amount::parse(value, mark).is_ok();
        numbers += usize::from(reads(DecimalMark::Point) || reads(DecimalMark::Comma));
    }
    numbers * 2 >= all
}
