//! Which country telephone numbers belong to, where they stand for customers.

use crate::field::Field;
use crate::options::ImportOptions;
use crate::preset::Preset;
use crate::understand::{Table, notes};
use crate::understanding::{Note, PhoneRule, UsedColumn};
use crate::value::country::Country;
use crate::value::phone::{self, Phone};
use crate::words;

/// A row of the sample, by its fields.
struct Row<'a> {
    cells: &'a [Option<String>],
    columns: &'a [UsedColumn],
}

impl<'a> Row<'a> {
    fn all(table: Table<'a>, columns: &'a [UsedColumn]) -> impl Iterator<Item = Self> {
        let row = move |cells: &'a Vec<Option<String>>| Self { cells, columns };
        table.sample.iter().map(row)
    }

    fn place(&self, field: Field) -> Option<usize> {
        let column = self.columns.iter().find(|column| column.field == field)?;
        Some(column.index)
    }

    fn cell(&self, field: Field) -> Option<&'a str> {
        let text = self.cells.get(self.place(field)?)?.as_deref()?.trim();
        (!words::is_missing(text)).then_some(text)
    }

    /// Whether nothing but a telephone number can stand for the customer.
    fn is_guest(&self) -> bool {
        let id = self.place(Field::CustomerId);
        let by_phone = [Field::Phone, Field::Landline].map(|field| self.place(field));
        let has_id = self.cell(Field::CustomerId).is_some() && !by_phone.contains(&id);
        !has_id && self.cell(Field::Email).is_none()
    }

    fn phones(&self) -> impl Iterator<Item = &'a str> {
        let phones = [self.cell(Field::Phone), self.cell(Field::Landline)];
        phones.into_iter().flatten()
    }
}

/// Returns true if a number that does not say its country stands for a customer.
pub(super) fn ask_for_country(table: Table<'_>, columns: &[UsedColumn]) -> bool {
    let says_none = |text: &str| !text.trim_start_matches('\'').starts_with(['+']);
    let is_open = |row: &Row<'_>| {
        let mut phones = row.phones();
        row.is_guest() && phones.any(|text| says_none(text) && phone::read(text, None).is_some())
    };
    Row::all(table, columns).any(|row| is_open(&row))
}

/// Settles by the first rows how numbers within a country are read, and says so where they stand for customers.
pub(super) fn rule(
    table: Table<'_>,
    columns: &[UsedColumn],
    preset: Option<&Preset>,
    options: &ImportOptions,
) -> (PhoneRule, Option<Note>) {
    let of_preset = preset.and_then(|preset| preset.rules.phone_country.as_ref());
    let home = options.phone_country.as_ref().or(of_preset);
    let home = home.and_then(|country| Country::find(country));
    let mut rule = PhoneRule {
        home,
        as_they_stand: false,
    };
    let (mut international, mut national, mut is_needed) = (false, false, false);
    for row in Row::all(table, columns) {
        let country = rule.country(row.cell(Field::Country).unwrap_or_default());
        let is_guest = row.is_guest();
        for text in row.phones() {
            match phone::read(text, country) {
                Some(Phone::International(_)) => international = true,
                Some(Phone::National(_)) => {
                    national = true;
                    is_needed |= is_guest;
                }
                None => {}
            }
        }
    }
    rule.as_they_stand = !international;
    let is_guess = rule.as_they_stand && national && is_needed;
    (rule, is_guess.then(notes::phones_as_they_stand))
}
