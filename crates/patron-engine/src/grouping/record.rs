//! How one fact of one customer lies in a partition's bytes.
//!
//! ```text
//! kind u8, top bits: details follow, the record is short | status u8, top bits: what follows and what the row is
//! at i64 | net i64; short: whole seconds u32 | hundredths u32
//! row hash u64 | [quantity i64, lines only]
//! [updated at i64] | [product u64] | file varint | line varint | customer: length varint, bytes | order id: the same | [email, phone, name, consent: the same]
//! [details: the same]
//! ```
//! Little endian. The format lives for one run and in one process only, so it needs no version.

use patron_core::{Fact, Instant, Money, OrderStatus, RefundKind};
use patron_import::RowKind;

use super::bytes::{
    take_byte, take_bytes, take_i64, take_number, take_text, take_u32, write_number, write_text,
};

const DETAILS_BIT: u8 = 0x80;
/// Times and amounts of most shops have whole seconds and hundredths.
const SHORT_BIT: u8 = 0x40;
const MICROS: i64 = 1_000_000;
/// Of an amount's ten-thousandths.
const HUNDREDTH: i64 = 100;
const CONTACT_BIT: u8 = 0x80;
const UPDATED_BIT: u8 = 0x40;
const PRODUCT_BIT: u8 = 0x20;
const LINE_BIT: u8 = 0x10;
const UNSAID_BIT: u8 = 0x08;
const STATUS_BITS: u8 = 0x07;

/// E-mail, phone, name and consent as the source has them; empty where it has none.
pub type ContactFields<'a> = [&'a str; 4];

/// Contact details of a record. Few records have any, and those of a partition lie side by side when they are folded: so what
/// lies in its bytes stays there until somebody asks.
#[derive(Debug, Clone, Copy)]
pub enum Contact<'a> {
    /// As they came.
    Fields(&'a ContactFields<'a>),
    /// As somebody has them.
    Owned(&'a [String; 4]),
    /// As they were written.
    Written(Written<'a>),
}

/// Contact details in the bytes of a partition.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a>(&'a [u8]);

impl<'a> Contact<'a> {
    /// Takes details as they came; nothing if all are empty.
    #[must_use]
    pub fn new(fields: &'a ContactFields<'a>) -> Option<Self> {
        let says_something = fields.iter().any(|text| !text.is_empty());
        says_something.then_some(Self::Fields(fields))
    }

    /// Returns the details.
    #[must_use]
    pub fn fields(self) -> ContactFields<'a> {
        match self {
            Self::Fields(fields) => *fields,
            Self::Owned(fields) => fields.each_ref().map(String::as_str),
            // They were read once, when the record was.
            Self::Written(Written(mut bytes)) => take_contact(&mut bytes).unwrap_or_default(),
        }
    }

    /// Finds the end of details at the start of `bytes` and moves `bytes` behind it; nothing if they are none.
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let written = *bytes;
        take_contact(bytes)?;
        let length = written.len() - bytes.len();
        Some(Self::Written(Written(written.get(..length)?)))
    }
}

/// One fact, borrowed from the bytes of a partition.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// What it is.
    pub kind: RowKind,
    /// Where the order stands.
    pub status: OrderStatus,
    /// µs UTC; `i64::MIN` for an undated refund.
    pub at: i64,
    /// The amount in ten-thousandths; positive for refunds.
    pub net: i64,
    /// The hash of its row.
    pub row_hash: u64,
    /// Units in ten-thousandths; of lines only.
    pub quantity: i64,
    /// The row is a line of an order: what it says of the order's fate, it says of itself alone.
    pub is_line: bool,
    /// The row says nothing of the order's fate: it goes with the rows of its order that do.
    pub status_unsaid: bool,
    /// When its order was last changed, µs UTC, where the source says.
    pub updated_at: Option<i64>,
    /// The hash of the article; of a refund of a list, of its own id. 0 where none is named.
    pub product: u64,
    /// Which file of the run it came from.
    pub file: u32,
    /// The line on which it stands there; 0 where that is not known.
    pub line: u64,
    /// Whose.
    pub customer: &'a str,
    /// Empty where the source has none.
    pub order_id: &'a str,
    /// The customer's contact details, as the row has them.
    pub contact: Option<Contact<'a>>,
    /// What is kept besides, as [`details`](crate::details) writes it; empty but for imports.
    pub details: &'a [u8],
}

impl<'a> Record<'a> {
    /// Appends the record to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let bit = |present: bool, bit: u8| if present { bit } else { 0 };
        let follows = bit(self.contact.is_some(), CONTACT_BIT)
            | bit(self.updated_at.is_some(), UPDATED_BIT)
            | bit(self.product != 0, PRODUCT_BIT)
            | bit(self.is_line, LINE_BIT)
            | bit(self.status_unsaid, UNSAID_BIT);
        let short = short(self.at, MICROS).zip(short(self.net, HUNDREDTH));
        let kind = self.kind.to_u8()
            | bit(!self.details.is_empty(), DETAILS_BIT)
            | bit(short.is_some(), SHORT_BIT);
        out.extend_from_slice(&[kind, status_code(self.status) | follows]);
        match short {
            Some((seconds, hundredths)) => {
                out.extend_from_slice(&seconds.to_le_bytes());
                out.extend_from_slice(&hundredths.to_le_bytes());
            }
            None => {
                out.extend_from_slice(&self.at.to_le_bytes());
                out.extend_from_slice(&self.net.to_le_bytes());
            }
        }
        out.extend_from_slice(&self.row_hash.to_le_bytes());
        if self.kind == RowKind::Line {
            out.extend_from_slice(&self.quantity.to_le_bytes());
        }
        if let Some(updated_at) = self.updated_at {
            out.extend_from_slice(&updated_at.to_le_bytes());
        }
        if self.product != 0 {
            out.extend_from_slice(&self.product.to_le_bytes());
        }
        write_number(out, self.file as usize);
        write_number(out, usize::try_from(self.line).unwrap_or(usize::MAX));
        write_text(out, self.customer);
        write_text(out, self.order_id);
        for field in self.contact.iter().flat_map(|contact| contact.fields()) {
            write_text(out, field);
        }
        if !self.details.is_empty() {
            write_number(out, self.details.len());
            out.extend_from_slice(self.details);
        }
    }

    /// Reads the record at the start of `bytes` and moves `bytes` behind it; nothing if the bytes are not a record.
    pub(crate) fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        Self::read_by(bytes, take_text)
    }

    /// Reads, as [`Self::read`], a record of which it is known already whose it is.
    #[inline]
    pub(crate) fn read_of(customer: &'a str, bytes: &mut &'a [u8]) -> Option<Self> {
        Self::read_by(bytes, |bytes| take_bytes(bytes).map(|_| customer))
    }

    #[inline(always)]
    fn read_by(
        bytes: &mut &'a [u8],
        take_customer: impl FnOnce(&mut &'a [u8]) -> Option<&'a str>,
    ) -> Option<Self> {
        let kind_byte = take_byte(bytes)?;
        let kind = RowKind::from_u8(kind_byte & !(DETAILS_BIT | SHORT_BIT))?;
        let status = take_byte(bytes)?;
        let (at, net) = take_at_and_net(bytes, kind_byte & SHORT_BIT != 0)?;
        let row_hash = take_i64(bytes)?.cast_unsigned();
        let quantity = take_if(kind == RowKind::Line, bytes)?.unwrap_or(0);
        let updated_at = take_if(status & UPDATED_BIT != 0, bytes)?;
        let product = take_if(status & PRODUCT_BIT != 0, bytes)?.map_or(0, i64::cast_unsigned);
        let file = u32::try_from(take_number(bytes)?).ok()?;
        let line = take_number(bytes)? as u64;
        let customer = take_customer(bytes)?;
        let order_id = take_text(bytes)?;
        let contact = if status & CONTACT_BIT == 0 {
            None
        } else {
            Some(Contact::read(bytes)?)
        };
        let details = if kind_byte & DETAILS_BIT == 0 {
            &[]
        } else {
            take_bytes(bytes)?
        };
        let (is_line, status_unsaid) = (status & LINE_BIT != 0, status & UNSAID_BIT != 0);
        let status = status_of(status & STATUS_BITS)?;
        Some(Self {
            kind,
            status,
            at,
            net,
            row_hash,
            quantity,
            is_line,
            status_unsaid,
            updated_at,
            product,
            file,
            line,
            customer,
            order_id,
            contact,
            details,
        })
    }

    /// Moves `bytes` behind the record at their start and returns whose it is, without looking at the rest; nothing if the bytes
    /// end early.
    #[inline]
    pub(crate) fn skip(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
        let kind_byte = take_byte(bytes)?;
        let follows = take_byte(bytes)?;
        let wide = |present: bool| if present { 8 } else { 0 };
        let is_line = kind_byte & !(DETAILS_BIT | SHORT_BIT) == RowKind::Line.to_u8();
        let fixed = 16
            + wide(kind_byte & SHORT_BIT == 0)
            + wide(is_line)
            + wide(follows & UPDATED_BIT != 0)
            + wide(follows & PRODUCT_BIT != 0);
        *bytes = bytes.get(fixed..)?;
        take_number(bytes)?;
        take_number(bytes)?;
        let customer = take_bytes(bytes)?;
        let texts = if follows & CONTACT_BIT == 0 { 1 } else { 5 };
        for _ in 0..texts + usize::from(kind_byte & DETAILS_BIT != 0) {
            take_bytes(bytes)?;
        }
        Some(customer)
    }

    /// Returns the fact; none of a row that merely mentions the customer.
    pub(crate) fn fact(&self) -> Option<Fact<'a>> {
        let (at, order_id, net) = (Instant(self.at), self.order_id, Money(self.net));
        match self.kind {
            RowKind::Order => Some(Fact::Order {
                at,
                order_id,
                net,
                status: self.status,
            }),
            RowKind::Line => Some(Fact::Line {
                at,
                order_id,
                net,
                quantity: self.quantity,
                status: self.status,
            }),
            RowKind::Refund => {
                let at = (self.at != i64::MIN).then_some(at);
                // A line below zero on an order's own bill.
                let is_exchange = self.is_line && !self.is_derived_refund();
                Some(Fact::Refund {
                    at,
                    order_id,
                    amount: net,
                    kind: if is_exchange {
                        RefundKind::Exchange
                    } else {
                        RefundKind::Return
                    },
                })
            }
            RowKind::Mention(_)
            | RowKind::Person
            | RowKind::Product
            | RowKind::Event
            | RowKind::Answer
            | RowKind::Spend
            | RowKind::Withdrawn => None,
        }
    }

    /// Returns true for the refund that a row's "refunded" column gives besides its order.
    pub(crate) fn is_derived_refund(&self) -> bool {
        self.kind == RowKind::Refund && self.at == i64::MIN
    }
}

/// Returns how many whole parts of this size a number has, if it has nothing besides and they fit.
fn short(number: i64, part: i64) -> Option<u32> {
    let parts = u32::try_from(number / part).ok()?;
    (number % part == 0).then_some(parts)
}

/// Takes a number where there is one; nothing at all if the bytes end before it.
#[expect(
    clippy::option_option,
    reason = "whether it is there, and whether it could be read"
)]
fn take_if(is_there: bool, bytes: &mut &[u8]) -> Option<Option<i64>> {
    if is_there {
        take_i64(bytes).map(Some)
    } else {
        Some(None)
    }
}

fn take_at_and_net(bytes: &mut &[u8], is_short: bool) -> Option<(i64, i64)> {
    if is_short {
        let [seconds, hundredths] = [take_u32(bytes)?, take_u32(bytes)?].map(i64::from);
        Some((seconds * MICROS, hundredths * HUNDREDTH))
    } else {
        Some((take_i64(bytes)?, take_i64(bytes)?))
    }
}

fn take_contact<'a>(bytes: &mut &'a [u8]) -> Option<ContactFields<'a>> {
    let mut fields = [""; 4];
    for field in &mut fields {
        *field = take_text(bytes)?;
    }
    Some(fields)
}

const STATUSES: [OrderStatus; 6] = [
    OrderStatus::Paid,
    OrderStatus::Pending,
    OrderStatus::Cancelled,
    OrderStatus::Void,
    OrderStatus::Test,
    OrderStatus::Refunded,
];

const fn status_code(status: OrderStatus) -> u8 {
    status as u8
}

fn status_of(code: u8) -> Option<OrderStatus> {
    STATUSES
        .iter()
        .copied()
        .find(|&status| status_code(status) == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::RowClass;

    #[test]
    fn a_record_survives_the_journey() {
        let long = "x".repeat(20_000);
        for kind in [
            RowKind::Order,
            RowKind::Line,
            RowKind::Refund,
            RowKind::Person,
            RowKind::Mention(RowClass::FeeLine),
        ] {
            for (contact, updated_at, product, (at, net)) in [
                (None, None, 0, (i64::MIN, -7)),
                (
                    Some(["a@example.com", "", "王", "yes"]),
                    Some(-3),
                    u64::MAX,
                    (1_700_000_000_000_000, 123_400),
                ),
                (None, None, 0, (1_700_000_000_000_001, 123_400)),
                (None, None, 0, (1_700_000_000_000_000, 123_456)),
                (None, None, 0, (-1_000_000, 100)),
                (None, None, 0, (1_000_000 << 32, 100)),
                (None, None, 0, (0, 100 << 32)),
            ] {
                let record = Record {
                    kind,
                    status: OrderStatus::Refunded,
                    at,
                    net,
                    row_hash: u64::MAX,
                    quantity: if kind == RowKind::Line { 5 } else { 0 },
                    is_line: product != 0,
                    status_unsaid: product != 0,
                    updated_at,
                    product,
                    file: 300,
                    customer: &long,
                    order_id: "",
                    contact: contact.as_ref().and_then(Contact::new),
                    line: if product == 0 { 0 } else { 70_000 },
                    details: if product == 0 { b"" } else { b"more" },
                };
                let mut bytes = Vec::new();
                record.write(&mut bytes);
                bytes.push(99);
                let mut rest = bytes.as_slice();
                let read = Record::read(&mut rest).unwrap();
                assert_eq!(rest, [99]);
                let mut skipped = bytes.as_slice();
                assert_eq!(Record::skip(&mut skipped), Some(long.as_bytes()));
                assert_eq!(skipped, [99]);
                assert_eq!(read.contact.map(Contact::fields), contact);
                let bare = |record| Record {
                    contact: None,
                    ..record
                };
                assert_eq!(format!("{:?}", bare(read)), format!("{:?}", bare(record)));
            }
        }
    }

    #[test]
    fn bytes_that_end_early_are_no_record() {
        let record = Record {
            kind: RowKind::Order,
            status: OrderStatus::Paid,
            at: 1,
            net: 2,
            row_hash: 3,
            quantity: 0,
            is_line: false,
            status_unsaid: false,
            updated_at: Some(1),
            product: 9,
            file: 0,
            customer: "c",
            order_id: "o",
            contact: None,
            line: 0,
            details: b"x",
        };
        let mut bytes = Vec::new();
        record.write(&mut bytes);
        for length in 0..bytes.len() {
            assert!(Record::read(&mut &bytes[..length]).is_none(), "{length}");
            assert!(Record::skip(&mut &bytes[..length]).is_none(), "{length}");
        }
    }
}
