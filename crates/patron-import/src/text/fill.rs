//! Rows of an order after its first take from the first what belongs to the order.
//!
//! Some exports write the order's date, customer and status on its first row only. This runs over the blocks in order,
//! before rows are judged, so that every row can still be judged by itself.

use crate::text::records::{Fields, Records, Separation};
use crate::understanding::FillDown;

const QUOTE: u8 = b'"';

/// Fills the cells of one file, block by block.
#[derive(Debug)]
pub(super) struct Filler {
    rule: FillDown,
    delimiter: u8,
    /// The order id of the last first row, and its cells of the columns that are filled.
    order: Vec<u8>,
    cells: Vec<Vec<u8>>,
}

impl Filler {
    pub(super) const fn new(rule: FillDown, delimiter: u8) -> Self {
        Self {
            rule,
            delimiter,
            order: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Returns a block of whole records with the same records on the same lines, empty cells filled.
    pub(super) fn fill(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let mut filled = Vec::with_capacity(bytes.len() + bytes.len() / 2);
        let mut fields = Fields::default();
        let mut records = Records::new(&bytes, Separation::Delimiter(self.delimiter), 1);
        let mut at = 0;
        // Blocks hold whole records, so the only error, a quote that stays open, does not come.
        while let Ok(Some(record)) = records.read(&mut fields) {
            if self.is_further(&bytes, &fields) {
                // Blank lines before it stay.
                filled.extend_from_slice(bytes.get(at..record.start).unwrap_or_default());
                self.write(&bytes, &fields, &mut filled);
                filled.push(b'\n');
            } else {
                filled.extend_from_slice(bytes.get(at..record.next).unwrap_or_default());
            }
            at = record.next;
        }
        filled.extend_from_slice(bytes.get(at..).unwrap_or_default());
        filled
    }

    /// Returns true for a further row of the order met last; else remembers the row as an order's first.
    fn is_further(&mut self, bytes: &[u8], fields: &Fields) -> bool {
        let order = fields.get(bytes, self.rule.order);
        let is_first = !is_blank(fields.get(bytes, self.rule.first_row_has));
        if !is_first && !is_blank(order) && order == self.order.as_slice() {
            return true;
        }
        self.order.clear();
        if is_first {
            self.order.extend_from_slice(order);
            let cell = |&column: &usize| fields.get(bytes, column).to_vec();
            self.cells = self.rule.columns.iter().map(cell).collect();
        }
        false
    }

    fn write(&self, bytes: &[u8], fields: &Fields, filled: &mut Vec<u8>) {
        for index in 0..fields.len() {
            if index > 0 {
                filled.push(self.delimiter);
            }
            let own = fields.get(bytes, index);
            let place = self.rule.columns.iter().position(|&column| column == index);
            match place.and_then(|place| self.cells.get(place)) {
                // A line break taken along would move every line behind it.
                Some(cell) if is_blank(own) => self.quote(&without_breaks(cell), filled),
                _ => self.quote(own, filled),
            }
        }
    }

    fn quote(&self, field: &[u8], filled: &mut Vec<u8>) {
        let special = |&byte: &u8| matches!(byte, QUOTE | b'\n' | b'\r') || byte == self.delimiter;
        if !field.iter().any(special) {
            filled.extend_from_slice(field);
            return;
        }
        filled.push(QUOTE);
        for &byte in field {
            if byte == QUOTE {
                filled.push(QUOTE);
            }
            filled.push(byte);
        }
        filled.push(QUOTE);
    }
}

fn is_blank(field: &[u8]) -> bool {
    field.iter().all(u8::is_ascii_whitespace)
}

fn without_breaks(field: &[u8]) -> Vec<u8> {
    let to_blank = |&byte: &u8| match byte {
        b'\n' | b'\r' => b' ',
        other => other,
    };
    field.iter().map(to_blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(blocks: &[&str]) -> String {
        let rule = FillDown {
            order: 0,
            first_row_has: 2,
            columns: vec![1, 2],
        };
        let mut filler = Filler::new(rule, b',');
        blocks
            .iter()
            .map(|block| String::from_utf8(filler.fill(block.as_bytes().to_vec())).unwrap())
            .collect()
    }

    #[test]
    fn further_rows_take_what_is_empty_from_the_first_across_blocks() {
        let expected = "#1,\"a, b\",d1,x\n#1,\"a, b\",d1,\"y \"\"z\"\"\"\n#1,c,d1,w\n#2,,d2,v\n#2,,d2,u\n#3,,,t\n";
        let whole = "#1,\"a, b\",d1,x\n#1,,,\"y \"\"z\"\"\"\n#1,c,,w\n#2,,d2,v\n#2,,,u\n#3,,,t\n";
        assert_eq!(filled(&[whole]), expected);
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        assert_eq!(filled(&lines), expected);
    }

    #[test]
    fn no_line_moves() {
        let text = "#1,a,d1,\"x\ny\"\r\n\r\n#1,,,\"u\r\nv\"\r\n#2,\"b\nc\",d2,x\r\n#2,,,y";
        let count = |text: &str| crate::text::records::count_lines(text.as_bytes());
        let result = filled(&[text]);
        assert!(result.contains("b c,d2,y"), "{result}");
        // The last line gets the end it lacked.
        assert_eq!(count(&result), count(text) + 1);
    }
}
