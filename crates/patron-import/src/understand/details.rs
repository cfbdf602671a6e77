//! Which columns are kept with the facts although they decide nothing.

use crate::field::{DetailKind, Field};
use crate::options::ImportOptions;
use crate::understand::columns::{Columns, DetailColumn};
use crate::understand::plan::Plan;
use crate::understand::{Table, marks, notes};
use crate::understanding::{AmountRule, DetailPlace, LineDiscount, Note, UsedColumn};

/// Finds the details and puts their columns behind those that decide; a column that decides may be a detail besides.
pub(super) fn take(
    table: Table<'_>,
    found: &Columns,
    plan: &mut Plan,
    options: &ImportOptions,
) -> Vec<DetailPlace> {
    let mut places = Vec::new();
    if !options.with_details {
        let mapped = options
            .mapping
            .iter()
            .filter(|(field, _)| field.is_only_detail());
        plan.notes
            .extend(mapped.map(|(field, header)| notes::detail_not_kept(*field, header)));
        return places;
    }
    let mut taken: Vec<usize> = plan.columns.iter().map(|column| column.index).collect();
    for &field in Field::ALL {
        let Some(kind) = field.detail_kind().filter(|_| !field.is_of_lists()) else {
            continue;
        };
        if let Some(slot) = deciding(found, plan, field) {
            if field == Field::Discount && has_rate(plan.amount) {
                let header = plan.columns.get(slot).map_or("", |column| &column.header);
                plan.notes.push(notes::rate_is_no_detail(header));
            } else {
                places.push(DetailPlace { field, kind, slot });
            }
            continue;
        }
        let Some(column) = found.detail(table, field, &taken) else {
            continue;
        };
        let header = table.header(column.index);
        if let Some(note) = unfit(table, (field, kind), &column) {
            if !plan.notes.contains(&note) {
                plan.notes.push(note);
            }
            continue;
        }
        if !column.others.is_empty() {
            let others = column.others.iter().map(|&index| table.header(index));
            let others: Vec<&str> = others.collect();
            plan.notes
                .push(notes::first_of_several(field, header, &others));
        }
        taken.push(column.index);
        let slot = plan.columns.len();
        plan.columns.push(UsedColumn {
            field,
            index: column.index,
            header: header.to_owned(),
            date_format: None,
        });
        places.push(DetailPlace { field, kind, slot });
    }
    places
}

/// Returns the place of a column that decides and is the field: a gross or a price that is the amount is listed as that.
fn deciding(found: &Columns, plan: &Plan, field: Field) -> Option<usize> {
    let is_amount = |column: &UsedColumn| {
        column.field == Field::Amount
            && matches!(field, Field::Gross | Field::UnitPrice)
            && found.first(field) == Some(column.index)
    };
    plan.columns
        .iter()
        .position(|column| column.field == field || is_amount(column))
}

const fn has_rate(amount: AmountRule) -> bool {
    matches!(
        amount,
        AmountRule::QuantityTimesPrice {
            discount: Some(LineDiscount::Rate(_) | LineDiscount::Percent(_)),
            ..
        }
    )
}

/// Says why a column is not the detail its header names; nothing if it is, or was named for it.
fn unfit(
    table: Table<'_>,
    (field, kind): (Field, DetailKind),
    column: &DetailColumn,
) -> Option<Note> {
    let (index, header) = (column.index, table.header(column.index));
    if column.given {
        return None;
    }
    match kind {
        DetailKind::Number if field == Field::Discount && marks::is_rate(table, index) => {
            Some(notes::rate_is_no_detail(header))
        }
        DetailKind::Number if !marks::holds_numbers(table, index) => {
            Some(notes::numbers_ignored(field, header))
        }
        DetailKind::Instant if !marks::holds_dates(table, index) => {
            Some(notes::dates_ignored(field, header))
        }
        _ => None,
    }
}
