//! From-to matrices: how many customers moved from where to where between two days, with what money, and why.

use std::cmp::Ordering;
use std::ops::{Add, AddAssign};

use patron_core::MoneySum;
use patron_engine::CustomerTable;

use super::ladder::{Direction, Ladder};

/// What a customer who moved moved by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Driver {
    /// The customer's own values: by the earlier day's cut points the customer stands where the later day's say.
    People,
    /// The cut points: by the earlier day's the customer would not have moved.
    Knives,
    /// Both: by the earlier day's cut points the customer moved as well, but elsewhere.
    Both,
}

impl Driver {
    /// Every driver.
    pub const ALL: [Self; 3] = [Self::People, Self::Knives, Self::Both];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Knives => "knives",
            Self::Both => "both",
        }
    }

    /// Returns by what somebody moved who stood at `from`, stands at `to`, and would stand at `frozen` by the earlier day's cut
    /// points; nothing for who did not move.
    #[must_use]
    pub const fn of(from: u8, frozen: u8, to: u8) -> Option<Self> {
        if from == to {
            None
        } else if frozen == to {
            Some(Self::People)
        } else if frozen == from {
            Some(Self::Knives)
        } else {
            Some(Self::Both)
        }
    }
}

/// A customer of one or both days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The row in the earlier day's table.
    pub before: Option<usize>,
    /// The row in the later day's.
    pub after: Option<usize>,
    /// The place on the earlier day.
    pub from: Option<u8>,
    /// The place on the later day.
    pub to: Option<u8>,
    /// The place on the later day by the earlier day's cut points, where these can be used.
    pub frozen: Option<u8>,
}

impl Move {
    /// Returns what the customer moved by; nothing for who stayed, came or left, or where cut points cannot be frozen.
    #[must_use]
    pub const fn driver(&self) -> Option<Driver> {
        match (self.from, self.frozen, self.to) {
            (Some(from), Some(frozen), Some(to)) => Driver::of(from, frozen, to),
            _ => None,
        }
    }

    /// Returns whether the customer stayed only because cut points moved along.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.from.is_some()
            && self.from == self.to
            && self.frozen.is_some_and(|frozen| Some(frozen) != self.to)
    }
}

/// Customers and their money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    /// How many.
    pub customers: u64,
    /// Σ monetary of those who were customers on the earlier day, as of then.
    pub before: MoneySum,
    /// Σ monetary of those who are customers on the later day, as of then.
    pub after: MoneySum,
}

impl AddAssign for Crowd {
    fn add_assign(&mut self, more: Self) {
        self.customers += more.customers;
        self.before = self.before + more.before;
        self.after = self.after + more.after;
    }
}

impl Add for Crowd {
    type Output = Self;

    fn add(mut self, more: Self) -> Self {
        self += more;
        self
    }
}

impl std::iter::Sum for Crowd {
    fn sum<I: Iterator<Item = Self>>(crowds: I) -> Self {
        crowds.fold(Self::default(), Add::add)
    }
}

/// One cell of a matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Everybody in it.
    pub all: Crowd,
    /// Of these who moved by their own values, by the cut points, by both: they add up to all who moved.
    pub by: [Crowd; 3],
    /// Of those who stayed, who would have moved by the earlier day's cut points.
    pub held: Crowd,
}

impl AddAssign for Cell {
    fn add_assign(&mut self, more: Self) {
        self.all += more.all;
        for (own, more) in self.by.iter_mut().zip(more.by) {
            *own += more;
        }
        self.held += more.held;
    }
}

impl std::iter::Sum for Cell {
    fn sum<I: Iterator<Item = Self>>(cells: I) -> Self {
        cells.fold(Self::default(), |mut sum, cell| {
            sum += cell;
            sum
        })
    }
}

/// Customers by where they stood and where they stand; one more row for those who came, one more column for those who left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The number of places.
    places: usize,
    /// Row by row.
    cells: Vec<Cell>,
}

impl Matrix {
    /// Makes an empty matrix for a ladder of so many places.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            places,
            cells: vec![Cell::default(); (places + 1) * (places + 1)],
        }
    }

    fn index(&self, from: Option<u8>, to: Option<u8>) -> usize {
        let place = |place: Option<u8>| place.map_or(self.places, usize::from).min(self.places);
        place(from) * (self.places + 1) + place(to)
    }

    /// Counts one customer.
    pub fn count(&mut self, one: &Move, crowd: Crowd) {
        let index = self.index(one.from, one.to);
        let Some(cell) = self.cells.get_mut(index) else {
            return;
        };
        cell.all += crowd;
        if let Some(driver) = one.driver()
            && let Some(by) = cell.by.get_mut(driver as usize)
        {
            *by += crowd;
        }
        if one.is_held() {
            cell.held += crowd;
        }
    }

    /// Returns a cell; nothing for a place stands for nowhere: came from, went to.
    #[must_use]
    pub fn cell(&self, from: Option<u8>, to: Option<u8>) -> Cell {
        let cell = self.cells.get(self.index(from, to));
        cell.copied().unwrap_or_default()
    }

    /// Walks over all places, and nowhere last.
    pub fn places(&self) -> impl Iterator<Item = Option<u8>> + Clone + use<> {
        let places = u8::try_from(self.places).unwrap_or(u8::MAX);
        (0..places).map(Some).chain([None])
    }

    /// Walks over the cells that hold somebody, row by row.
    pub fn filled(&self) -> impl Iterator<Item = (Option<u8>, Option<u8>, Cell)> + '_ {
        let pairs = self
            .places()
            .flat_map(|from| self.places().map(move |to| (from, to)));
        let cells = pairs.map(|(from, to)| (from, to, self.cell(from, to)));
        cells.filter(|(.., cell)| cell.all.customers > 0)
    }

    /// Returns everybody who stood at a place; without one, everybody who came.
    #[must_use]
    pub fn row(&self, from: Option<u8>) -> Cell {
        self.places().map(|to| self.cell(from, to)).sum()
    }

    /// Returns everybody who stands at a place; without one, everybody who left.
    #[must_use]
    pub fn column(&self, to: Option<u8>) -> Cell {
        self.places().map(|from| self.cell(from, to)).sum()
    }

    /// Returns the customers who went one way.
    #[must_use]
    pub fn going(&self, ladder: &Ladder, direction: Direction) -> Cell {
        let cells = self.filled();
        let going = cells.filter(|(from, to, _)| ladder.direction(*from, *to) == direction);
        going.map(|(.., cell)| cell).sum()
    }

    /// Returns the numbers of customers of all rows and columns, nowhere last.
    #[must_use]
    pub fn counts(&self) -> Vec<Vec<u64>> {
        let rows = self.cells.chunks(self.places + 1);
        let counts = rows.map(|row| row.iter().map(|cell| cell.all.customers).collect());
        counts.collect()
    }
}

/// Brings the customers of two days together, in the order of their ids.
pub(super) fn moves(
    (before, from): (&CustomerTable, &[u8]),
    (after, to): (&CustomerTable, &[u8]),
    frozen: Option<&[u8]>,
) -> Vec<Move> {
    let (mut then, mut now) = (0, 0);
    let mut found = Vec::with_capacity(after.len());
    while then < before.len() || now < after.len() {
        let order = match (then < before.len(), now < after.len()) {
            (true, true) => before.ids.get(then).cmp(after.ids.get(now)),
            (true, false) => Ordering::Less,
            (false, _) => Ordering::Greater,
        };
        let (is_before, is_after) = (order.is_le(), order.is_ge());
        let place = |places: &[u8], row: usize| places.get(row).copied();
        found.push(Move {
            before: is_before.then_some(then),
            after: is_after.then_some(now),
            from: is_before.then(|| place(from, then)).flatten(),
            to: is_after.then(|| place(to, now)).flatten(),
            frozen: frozen
                .filter(|_| is_after)
                .and_then(|frozen| place(frozen, now)),
        });
        then += usize::from(is_before);
        now += usize::from(is_after);
    }
    found
}

/// Returns a customer's money on both days.
pub(super) fn crowd_of(one: &Move, before: &CustomerTable, after: &CustomerTable) -> Crowd {
    let money = |table: &CustomerTable, row: Option<usize>| {
        let profile = row.and_then(|row| table.profiles.get(row));
        profile.map_or(MoneySum::ZERO, |profile| profile.monetary)
    };
    Crowd {
        customers: 1,
        before: money(before, one.before),
        after: money(after, one.after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mover_has_one_driver_and_nobody_else_has() {
        for from in 0..3 {
            for frozen in 0..3 {
                for to in 0..3 {
                    let driver = Driver::of(from, frozen, to);
                    assert_eq!(driver.is_some(), from != to);
                    match driver {
                        Some(Driver::People) => assert_eq!(frozen, to),
                        Some(Driver::Knives) => assert_eq!(frozen, from),
                        Some(Driver::Both) => assert!(frozen != from && frozen != to),
                        None => {}
                    }
                }
            }
        }
    }

    #[test]
    fn rows_columns_and_drivers_add_up() {
        let mut matrix = Matrix::new(3);
        let mut total = 0;
        for (from, frozen, to) in [
            (Some(0), Some(1), Some(1)),
            (Some(0), Some(0), Some(1)),
            (Some(0), Some(2), Some(1)),
            (Some(1), Some(2), Some(1)),
            (None, Some(1), Some(2)),
            (Some(2), None, None),
        ] {
            let one = Move {
                before: None,
                after: None,
                from,
                to,
                frozen,
            };
            total += 1;
            let crowd = Crowd {
                customers: 1,
                before: MoneySum(total),
                after: MoneySum(1),
            };
            matrix.count(&one, crowd);
        }
        let cell = matrix.cell(Some(0), Some(1));
        assert_eq!(cell.all.customers, 3);
        assert_eq!(cell.by.map(|crowd| crowd.customers), [1, 1, 1]);
        assert_eq!(cell.by.into_iter().sum::<Crowd>(), cell.all);
        assert_eq!(matrix.cell(Some(1), Some(1)).held.customers, 1);
        assert_eq!(matrix.row(None).all.customers, 1);
        assert_eq!(matrix.column(None).all.before, MoneySum(6));
        let rows: u64 = matrix
            .places()
            .map(|from| matrix.row(from).all.customers)
            .sum();
        let columns: u64 = matrix
            .places()
            .map(|to| matrix.column(to).all.customers)
            .sum();
        assert_eq!((rows, columns), (6, 6));
        assert_eq!(matrix.counts()[0], [0, 3, 0, 0]);
        assert_eq!(matrix.filled().count(), 4);
    }
}
