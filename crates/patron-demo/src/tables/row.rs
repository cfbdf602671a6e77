//! A row of CSV in the making.

use std::io::Write as _;

use crate::shop::{Moment, Shop};

/// A row of CSV in the making; its memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Row {
    bytes: Vec<u8>,
}

impl Row {
    /// Adds a text, quoted where CSV asks for it.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        if text
            .bytes()
            .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
        {
            self.bytes.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' {
                    self.bytes.push(b'"');
                }
                self.bytes.push(byte);
            }
            self.bytes.push(b'"');
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes.push(b',');
        self
    }

    /// Adds an empty field.
    pub(crate) fn blank(&mut self) -> &mut Self {
        self.text("")
    }

    /// Adds a whole number.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.digits(number, 1);
        self.bytes.push(b',');
        self
    }

    /// Adds an amount with two decimals; amounts are never negative here.
    pub(crate) fn cents(&mut self, cents: i64) -> &mut Self {
        let cents = cents.unsigned_abs();
        self.digits(cents / 100, 1);
        self.bytes.push(b'.');
        self.digits(cents % 100, 2);
        self.bytes.push(b',');
        self
    }

    /// Adds a number with some decimals.
    pub(crate) fn decimal(&mut self, number: f64, decimals: usize) -> &mut Self {
        // writing to memory cannot fail
        write!(self.bytes, "{number:.decimals$},").unwrap_or_default();
        self
    }

    /// Adds `true` or `false`.
    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.text(if flag { "true" } else { "false" })
    }

    /// Adds an instant with its offset.
    pub(crate) fn instant(&mut self, shop: &Shop, at: Moment) -> &mut Self {
        let second = u64::from(at.second);
        self.bytes.extend_from_slice(shop.date(at.day).as_bytes());
        self.bytes.push(b'T');
        self.digits(second / 3_600, 2);
        self.bytes.push(b':');
        self.digits(second / 60 % 60, 2);
        self.bytes.push(b':');
        self.digits(second % 60, 2);
        self.bytes.extend_from_slice(b"+00:00,");
        self
    }

    /// Adds an instant if it is known when the records end.
    pub(crate) fn known_instant(&mut self, shop: &Shop, at: Option<Moment>) -> &mut Self {
        match at.filter(|at| at.day < shop.window_days) {
            Some(at) => self.instant(shop, at),
            None => self.blank(),
        }
    }

    /// Adds an order id.
    pub(crate) fn order_id(&mut self, customer: u64, sequence: usize) -> &mut Self {
        self.digits(customer, 1);
        self.bytes.push(b'-');
        self.digits(sequence as u64, 2);
        self.bytes.push(b',');
        self
    }

    /// Adds an id made of a letter, the customer's number and a running number.
    pub(crate) fn id(&mut self, letter: u8, customer: u64, running: usize) -> &mut Self {
        self.bytes.push(letter);
        self.order_id(customer, running)
    }

    /// Ends the row and hands it over.
    pub(crate) fn take(&mut self) -> TakenRow<'_> {
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
        TakenRow(self)
    }

    fn digits(&mut self, mut number: u64, least: usize) {
        let mut reversed = [0_u8; 20];
        let mut count = 0;
        while number > 0 || count < least {
            reversed[count] = b'0' + (number % 10).to_le_bytes()[0];
            number /= 10;
            count += 1;
        }
        self.bytes.extend(reversed[..count].iter().rev());
    }
}

/// A finished row; the memory is cleared when it is dropped.
#[derive(Debug)]
pub(crate) struct TakenRow<'a>(&'a mut Row);

impl TakenRow<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Drop for TakenRow<'_> {
    fn drop(&mut self) {
        self.0.bytes.clear();
    }
}
