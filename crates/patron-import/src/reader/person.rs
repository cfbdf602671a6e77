//! Whose row it is: the customer's id; where there is none, the e-mail address, then the telephone number. What is masked
//! (`t**8`, `138****1234`) is nobody's: many people share it.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reader::values::{Problem, read_id};
use crate::reason::Reason;
use crate::understanding::Understanding;
use crate::value::id::{Digits, Id};
use crate::value::phone::{self, Phone};
use crate::value::trim;

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
    /// Why there is none.
    pub(super) nobody: Nobody,
}

/// Why a row names no customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Nobody {
    /// It names none.
    #[default]
    Unnamed,
    /// A masked one.
    Masked,
    /// A telephone number of which the country is not known.
    WithoutCountry,
}

impl Nobody {
    pub(super) const fn reason(self) -> Reason {
        match self {
            Self::Unnamed => Reason::NoCustomer,
            Self::Masked => Reason::MaskedCustomer,
            Self::WithoutCountry => Reason::PhoneWithoutCountry,
        }
    }
}

impl<'r> Person<'r> {
    #[inline]
    pub(super) fn read<R: Row>(
        row: &'r R,
        slots: &Slots,
        understanding: &Understanding,
        room: &'r mut Digits,
    ) -> Result<Self, Problem> {
        if understanding.customer_is_phone {
            return Ok(Self::guest(row, slots, understanding));
        }
        let (id, guessed) = read_id(row, slots.customer)?;
        let masked = matches!(id, Id::Text(text) if is_masked(text));
        if matches!(id, Id::Missing) || masked {
            let guest = Self::guest(row, slots, understanding);
            return Ok(Self {
                nobody: if masked { Nobody::Masked } else { guest.nobody },
                ..guest
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
            nobody: Nobody::Unnamed,
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
        if email.is_some() {
            return Self {
                guessed: true,
                id: email,
                ..Self::default()
            };
        }
        let may_stand = !understanding.rules.phone_is_nobodys;
        let phones = [slots.phone, slots.landline].into_iter().flatten();
        let phones = phones.filter(|_| may_stand);
        let mut nobody = Nobody::Unnamed;
        for slot in phones {
            match phone_of(row, slot, slots.country, understanding) {
                Ok(Some(phone)) => {
                    return Self {
                        guessed: true,
                        id: Some(Cow::Owned(phone)),
                        ..Self::default()
                    };
                }
                Ok(None) => {}
                Err(why) => nobody = why,
            }
        }
        Self {
            nobody,
            ..Self::default()
        }
    }
}

/// Returns the number that stands for a customer, if the cell holds one.
fn phone_of<R: Row>(
    row: &R,
    slot: usize,
    country: Option<usize>,
    understanding: &Understanding,
) -> Result<Option<String>, Nobody> {
    let cell = row.cell(slot);
    let text = shown(&cell);
    if is_masked(&text) {
        return Err(Nobody::Masked);
    }
    let rule = &understanding.phones;
    let country = country.map(|slot| row.cell(slot));
    let country = country.as_ref().map(shown);
    let country = country.as_deref().map(trim).unwrap_or_default();
    match phone::read(trim(&text), rule.country(country)) {
        Some(Phone::International(number)) => Ok(Some(number)),
        Some(Phone::National(digits)) if rule.as_they_stand => Ok(Some(digits)),
        Some(Phone::National(_)) => Err(Nobody::WithoutCountry),
        None => Ok(None),
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
