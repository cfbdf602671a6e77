//! Plain orders on their way to the partitions: nothing of them is written down in between.

use patron_core::OrderStatus;
use patron_import::{PlainOrder, PlainOrders, RowKind};

use super::BlockRead;
use crate::grouping::{GroupingError, Record, Scatter};

/// Hands plain orders to the partitions, and sees what they are.
pub(super) struct Scattered<'b, 's> {
    file: u32,
    read: &'b mut BlockRead,
    scatter: &'b mut Scatter<'s>,
    failed: Result<(), GroupingError>,
}

impl<'b, 's> Scattered<'b, 's> {
    pub(super) const fn new(
        file: u32,
        read: &'b mut BlockRead,
        scatter: &'b mut Scatter<'s>,
    ) -> Self {
        Self {
            file,
            read,
            scatter,
            failed: Ok(()),
        }
    }

    /// Says whether all were handed on.
    pub(super) fn finish(self) -> Result<(), GroupingError> {
        self.failed
    }
}

impl PlainOrders for Scattered<'_, '_> {
    const TAKEN: bool = true;

    #[inline]
    fn take(&mut self, order: &PlainOrder<'_>) {
        super::first::add_plain(&mut self.read.first_facts, order);
        let record = Record {
            kind: RowKind::Order,
            status: OrderStatus::Paid,
            at: order.at,
            net: order.net,
            row_hash: order.row_hash,
            quantity: 0,
            is_line: false,
            status_unsaid: false,
            updated_at: None,
            product: 0,
            file: self.file,
            line: order.line,
            customer: order.customer,
            order_id: order.order_id,
            contact: None,
            details: &[],
        };
        self.read.seen.see(&record);
        if self.failed.is_ok() {
            self.failed = self.scatter.push(&record);
        }
    }
}
