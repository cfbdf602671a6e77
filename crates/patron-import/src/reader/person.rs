//! Whose row it is: the customer's id; where there is none, the e-mail address, then (if a preset says so) the telephone
//! number. What is masked (`t**8`, `138****1234`) is nobody's: many people share it.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::reader::row::Row;
use crate::reader::slots::Slots;
use crate::reader::values::{Problem, read_id};
use crate::understanding::Understanding;
use crate::value::id::{Digits, Id};
use crate::value::{phone, trim};

/// Tells whether a customer's id is an e-mail address or an international telephone number: such a customer left no other.
#[must_use]
pub fn is_address(id: &str) -> bool {
    id.contains('@') || id.starts_with('+')
}

/// Whose row it is.
#[derive(Debug, Default)]
pub(super) struct Person<'r> {
    /// The id; nothing if there is none.
    pub(super) id: Option<Cow<'r, str>>,
    /// Something else stands for the id, or it was written as a float.
    pub(super) guessed: bool,
    /// The id was written as a float.
    pub(super) float_id: bool,
    /// There is an id, but a masked one.
    pub(super) masked: bool,
}

impl<'r> Person<'r> {
    #[inline]
    pub(super) fn read<R: Row>(
        row: &'r R,
        slots: &Slots,
        understanding: &Understanding,
        room: &'r mut Digits,
    ) -> Result<Self, Problem> {
        let (id, guessed) = read_id(row, slots.customer)?;
        let masked = matches!(id, Id::Text(text) if is_masked(text));
        if matches!(id, Id::Missing) || masked {
            return Ok(Self {
                masked,
                ..Self::guest(row, slots, understanding)
            });
        }
        let lower = understanding.customer_is_email;
        let id = id.as_text(room).map(|text| {
            if lower {
                lower_case(text)
            } else {
                Cow::Borrowed(text)
            }
        });
        Ok(Self {
            id,
            guessed,
            float_id: guessed,
            masked: false,
        })
    }

    /// Returns what stands for the id where there is none.
    #[cold]
    #[inline(never)]
    pub(super) fn guest<R: Row>(row: &'r R, slots: &Slots, understanding: &Understanding) -> Self {
        let text = |slot: Option<usize>| match slot.map_or(Cell::Null, |slot| row.cell(slot)) {
            Cell::Text(text) => Some(trim(text)).filter(|text| !is_masked(text)),
            _ => None,
        };
        let email = text(slots.email.filter(|_| !understanding.customer_is_email))
            .filter(|text| text.contains('@'))
            .map(lower_case);
        let by_phone = || {
            let usable = [slots.phone, slots.landline]
                .into_iter()
                .filter(|_| understanding.rules.phone_for_guests)
                .find_map(|slot| phone::normalised(text(slot)?));
            usable.map(Cow::Owned)
        };
        let id = email.or_else(by_phone);
        Self {
            guessed: id.is_some(),
            id,
            ..Self::default()
        }
    }
}

/// Returns whose row it is where other cells could not be read.
pub(super) fn customer_alone<R: Row>(
    row: &R,
    slots: &Slots,
    understanding: &Understanding,
) -> Option<String> {
    let mut room = Digits::EMPTY;
    let person = Person::read(row, slots, understanding, &mut room).ok()?;
    person.id.map(Cow::into_owned)
}

#[inline]
fn is_masked(text: &str) -> bool {
    // Ids are short: a look at each byte beats a search.
    text.bytes().any(|byte| byte == b'*')
}

fn lower_case(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
