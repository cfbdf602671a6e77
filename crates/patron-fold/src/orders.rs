//! Which orders a customer's facts make, and what each is worth as of a day.

use patron_core::{Fact, Instant, Money, MoneySum, OrderStatus, RefundKind};

/// An order put together from its facts, free of any as-of day.
#[derive(Debug, Clone, Copy)]
pub struct AssembledOrder<'a> {
    /// The shop's id; empty if the source has none.
    pub order_id: &'a str,
    /// When it was placed: as the order says, else the earliest of its lines.
    pub at: Instant,
    /// Its own amount, or the sum of its lines.
    pub amount: MoneySum,
    /// Units bought, in ten-thousandths.
    pub units: i128,
    /// Its status when it was placed, as the source last knew it.
    pub status: OrderStatus,
    /// Lines that are not in its amount, because they are unpaid or cancelled while others are not.
    pub lines_left_out: u32,
    /// Where its refunds and status changes lie in [`Assembly::changes`].
    changes: (usize, usize),
}

/// The lines of one order by whether they are paid.
#[derive(Debug, Default)]
struct Lines {
    paid: Option<OrderStatus>,
    /// The status of the others: unpaid before cancelled before void, whatever their order.
    unpaid: Option<OrderStatus>,
    sums: [MoneySum; 2],
    units: [i128; 2],
    unpaid_lines: u32,
}

impl Lines {
    fn add(&mut self, net: Money, quantity: i64, status: OrderStatus) {
        let is_paid = matches!(status, OrderStatus::Paid | OrderStatus::Refunded);
        let (slot, place) = if is_paid {
            (&mut self.paid, 0)
        } else {
            (&mut self.unpaid, 1)
        };
        let earlier = |known: OrderStatus| {
            if (known as u8) < status as u8 {
                known
            } else {
                status
            }
        };
        *slot = Some(slot.map_or(status, earlier));
        self.unpaid_lines += u32::from(!is_paid);
        if let (Some(sum), Some(units)) = (self.sums.get_mut(place), self.units.get_mut(place)) {
            *sum += net;
            *units += i128::from(quantity);
        }
    }

    /// Returns the amount and status of the order they make.
    fn order(&self) -> Option<(MoneySum, OrderStatus)> {
        let [paid, unpaid] = self.sums;
        let of_paid = self.paid.map(|status| (paid, status));
        of_paid.or_else(|| self.unpaid.map(|status| (unpaid, status)))
    }

    /// Returns the units of the order they make; of all lines where the order has an amount of its own.
    fn units(&self, all: bool) -> i128 {
        let [paid, unpaid] = self.units;
        match (all, self.paid) {
            (true, _) => paid + unpaid,
            (false, Some(_)) => paid,
            (false, None) => unpaid,
        }
    }

    const fn left_out(&self) -> u32 {
        if self.paid.is_some() {
            self.unpaid_lines
        } else {
            0
        }
    }
}

/// Something that changed an order after it was placed.
#[derive(Debug, Clone, Copy)]
enum Change {
    Refund {
        at: Option<Instant>,
        amount: Money,
        /// Goods that came back on the order's own bill: beyond what it sold, they are of other orders.
        is_exchange: bool,
    },
    Status {
        at: Instant,
        status: OrderStatus,
    },
}

impl Change {
    fn of_refund(fact: &Fact<'_>) -> Option<Self> {
        let Fact::Refund {
            at, amount, kind, ..
        } = *fact
        else {
            return None;
        };
        Some(Self::Refund {
            at,
            amount,
            is_exchange: kind == RefundKind::Exchange,
        })
    }
}

/// A refund that belongs to no order of this history.
#[derive(Debug, Clone, Copy)]
pub struct UnlinkedRefund {
    /// When; nothing if the source does not say.
    pub at: Option<Instant>,
    /// How much, as a positive amount.
    pub amount: Money,
}

/// What an order is as of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its amount less the refunds known by then.
    pub net: MoneySum,
    /// Goods that came back on its bill beyond its amount: they reduce the customer's value like a refund without an order.
    pub excess_exchange: MoneySum,
    /// Other refunds beyond its amount (of shipping, of tax, twice): they reduce nothing.
    pub excess_refund: MoneySum,
    /// Whether any refund was known by then.
    pub refunded: bool,
    /// Its status by then.
    pub status: OrderStatus,
}

/// A customer's orders and what changed them. Keeps its memory between customers.
#[derive(Debug, Default)]
pub struct Assembly<'a> {
    /// Orders in order of time, then id.
    pub orders: Vec<AssembledOrder<'a>>,
    /// Refunds that belong to no order here.
    pub unlinked: Vec<UnlinkedRefund>,
    changes: Vec<Change>,
    by_order: Vec<(&'a str, u32)>,
}

impl<'a> Assembly<'a> {
    /// Puts the orders of one history together.
    ///
    /// Facts with one non-empty order id form one order. A fact without an order id is an order of its own. Where an
    /// order has both an amount of its own and lines, the amount counts; of several versions of an order the last in
    /// history order counts. A line's status is its own: lines that are not paid are not in the order's amount, unless no
    /// line is; then the order is what its lines are. Events, surveys and service contacts make no orders.
    pub fn assemble(&mut self, history: &[Fact<'a>]) {
        self.orders.clear();
        self.unlinked.clear();
        self.changes.clear();
        self.by_order.clear();
        for (index, fact) in (0_u32..).zip(history) {
            match *fact {
                Fact::Order { order_id, .. }
                | Fact::Line { order_id, .. }
                | Fact::Refund { order_id, .. }
                | Fact::StatusChange { order_id, .. } => self.by_order.push((order_id, index)),
                // Used by later parts of patron; they say nothing about orders.
                Fact::Event { .. } | Fact::Survey { .. } | Fact::ServiceContact { .. } => {}
            }
        }
        // Most histories arrive with each order's facts together: then this is one pass.
        if !self.by_order.is_sorted() {
            self.by_order.sort_unstable();
        }
        let by_order = std::mem::take(&mut self.by_order);
        for group in by_order.chunk_by(|left, right| left.0 == right.0 && !left.0.is_empty()) {
            self.add_group(group, history);
        }
        self.by_order = by_order;
        self.sort();
    }

    /// Takes the orders of a history of which each fact is an order by itself; other facts are left out.
    pub fn take_orders(&mut self, history: &[Fact<'a>]) {
        self.orders.clear();
        self.unlinked.clear();
        self.changes.clear();
        let orders = history.iter().filter_map(|fact| match *fact {
            Fact::Order {
                at,
                order_id,
                net,
                status,
            } => Some(AssembledOrder {
                order_id,
                at,
                amount: net.into(),
                units: 0,
                status,
                lines_left_out: 0,
                changes: (0, 0),
            }),
            _ => None,
        });
        self.orders.extend(orders);
        self.sort();
    }

    fn sort(&mut self) {
        let key = |order: &AssembledOrder<'a>| (order.at, order.order_id);
        if !self.orders.is_sorted_by_key(key) {
            self.orders.sort_by_key(key);
        }
    }

    fn add_group(&mut self, group: &[(&'a str, u32)], history: &[Fact<'a>]) {
        let first_change = self.changes.len();
        let earliest = |known: Option<Instant>, placed: Instant| {
            Some(known.map_or(placed, |known| known.min(placed)))
        };
        let (mut own_at, mut lines_at) = (None, None);
        let mut own: Option<(Money, OrderStatus)> = None;
        let mut lines = Lines::default();
        let mut order_id = "";
        for &(id, index) in group {
            order_id = id;
            let Some(fact) = history.get(index as usize) else {
                continue;
            };
            match *fact {
                Fact::Order {
                    at: placed,
                    net,
                    status,
                    ..
                } => {
                    own_at = earliest(own_at, placed);
                    own = Some((net, status));
                }
                Fact::Line {
                    at: placed,
                    net,
                    quantity,
                    status,
                    ..
                } => {
                    lines_at = earliest(lines_at, placed);
                    lines.add(net, quantity, status);
                }
                Fact::Refund { .. } => self.changes.extend(Change::of_refund(fact)),
                Fact::StatusChange { at, status, .. } => {
                    self.changes.push(Change::Status { at, status });
                }
                Fact::Event { .. } | Fact::Survey { .. } | Fact::ServiceContact { .. } => {}
            }
        }
        let placed = own
            .map(|(net, status)| (net.into(), status))
            .or_else(|| lines.order());
        let (Some(at), Some((amount, status))) = (own_at.or(lines_at), placed) else {
            self.unlink(first_change);
            return;
        };
        let changes = (first_change, self.changes.len());
        self.orders.push(AssembledOrder {
            order_id,
            at,
            amount,
            units: lines.units(own.is_some()),
            status,
            lines_left_out: if own.is_some() { 0 } else { lines.left_out() },
            changes,
        });
    }

    /// The changes of an order that is not in this history: its refunds belong to the customer.
    fn unlink(&mut self, first_change: usize) {
        for change in self.changes.drain(first_change..) {
            if let Change::Refund { at, amount, .. } = change {
                self.unlinked.push(UnlinkedRefund { at, amount });
            }
        }
    }

    /// Calls `take` with every instant by which what is known depends on the as-of day: of orders and of refunds that
    /// belong to no order, and, with true, of what changed orders. Undated refunds are always known.
    pub(crate) fn each_dated(&self, mut take: impl FnMut(Instant, bool)) {
        for order in &self.orders {
            take(order.at, false);
        }
        for refund in &self.unlinked {
            if let Some(at) = refund.at {
                take(at, false);
            }
        }
        for change in &self.changes {
            match *change {
                Change::Refund { at: Some(at), .. } | Change::Status { at, .. } => take(at, true),
                Change::Refund { at: None, .. } => {}
            }
        }
    }

    /// Returns what an order is as of `end`: only refunds and status changes dated up to then are known; an undated
    /// refund applies from the order's date.
    #[must_use]
    pub fn standing(&self, order: &AssembledOrder<'_>, end: Instant) -> Standing {
        let (mut refunds, mut exchanged) = (MoneySum::ZERO, MoneySum::ZERO);
        let mut refunded = false;
        let mut status = order.status;
        let mut status_at = None;
        for change in self
            .changes
            .get(order.changes.0..order.changes.1)
            .unwrap_or_default()
        {
            match *change {
                Change::Refund {
                    at,
                    amount,
                    is_exchange,
                } if at.is_none_or(|at| at <= end) => {
                    refunds += amount;
                    if is_exchange {
                        exchanged += amount;
                    }
                    refunded = true;
                }
                Change::Status { at, status: new }
                    if at <= end && status_at.is_none_or(|last| last <= at) =>
                {
                    status = new;
                    status_at = Some(at);
                }
                Change::Refund { .. } | Change::Status { .. } => {}
            }
        }
        let left = order.amount - refunds;
        let excess = if left < MoneySum::ZERO && refunded {
            MoneySum((-left.0).min(refunds.0))
        } else {
            MoneySum::ZERO
        };
        let excess_exchange = MoneySum(excess.0.min(exchanged.0));
        Standing {
            net: left + excess,
            excess_exchange,
            excess_refund: excess - excess_exchange,
            refunded,
            status,
        }
    }
}
