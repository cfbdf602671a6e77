//! Customers as the models see them, column by column: of a million who have nothing but a history, nothing else is kept.

use std::borrow::Cow;
use std::fmt;

use patron_engine::texts::Texts;
use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::History;

/// A customer as the models see one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Customer<'a> {
    /// Who it is.
    pub id: CustomerId<'a>,
    /// Purchases up to the end of calibration.
    pub history: History,
    /// How many customers the row stands for.
    pub weight: u64,
    /// What a repeat purchase brought, where any did.
    pub spend: Option<SpendHistory>,
    /// Sum of the logarithms of the times between purchases, where a summary has it.
    pub ln_intervals: Option<f64>,
    /// Purchases after it, where these are known.
    pub later: Option<u32>,
    /// Purchases in a time as long before it, where these are known.
    pub before: Option<u32>,
}

/// How a customer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerId<'a> {
    /// By an id.
    Named(&'a str),
    /// By the number of a row, from 1, where a summary names none.
    Row(usize),
}

impl<'a> CustomerId<'a> {
    /// Returns the id as text.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        match self {
            Self::Named(id) => Cow::Borrowed(id),
            Self::Row(number) => Cow::Owned(number.to_string()),
        }
    }
}

impl fmt::Display for CustomerId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(id) => formatter.write_str(id),
            Self::Row(number) => number.fmt(formatter),
        }
    }
}

/// Customers in order.
#[derive(Debug, Clone, Default)]
pub struct Customers {
    histories: Vec<History>,
    /// As many as customers, or none as long as each is called by the number of its row.
    ids: Texts,
    /// Nothing for one customer.
    weights: Sparse<u64>,
    spends: Sparse<SpendHistory>,
    ln_intervals: Sparse<f64>,
    later: Sparse<u32>,
    before: Sparse<u32>,
}

/// Values that may be missing: what stands behind the last one is not kept.
#[derive(Debug, Clone)]
struct Sparse<T>(Vec<Option<T>>);

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Sparse<T> {
    fn get(&self, place: usize) -> Option<T> {
        self.0.get(place).copied().flatten()
    }

    /// Sets the value at a place that has none yet.
    fn push(&mut self, place: usize, value: Option<T>) {
        if value.is_some() {
            self.0.resize(place, None);
            self.0.push(value);
        }
    }

    /// Sets the values from a place on, which have none yet.
    fn append(&mut self, place: usize, others: &Self) {
        if !others.0.is_empty() {
            self.0.resize(place, None);
            self.0.extend_from_slice(&others.0);
        }
    }
}

impl Customers {
    /// Adds a customer behind the others.
    pub fn push(&mut self, customer: Customer<'_>) {
        let place = self.histories.len();
        self.histories.push(customer.history);
        if !self.ids.is_empty() || customer.id != CustomerId::Row(place + 1) {
            self.name_rows_up_to(place);
            self.ids.push(&customer.id.text());
        }
        let weight = Some(customer.weight).filter(|weight| *weight != 1);
        self.weights.push(place, weight);
        self.spends.push(place, customer.spend);
        self.ln_intervals.push(place, customer.ln_intervals);
        self.later.push(place, customer.later);
        self.before.push(place, customer.before);
    }

    /// Adds other customers behind these; who is called by a row there is called by the row here.
    pub(super) fn append(&mut self, others: &Self) {
        let before = self.len();
        self.histories.extend_from_slice(&others.histories);
        if !(self.ids.is_empty() && others.ids.is_empty()) {
            self.name_rows_up_to(before);
            others.ids.iter().for_each(|id| self.ids.push(id));
            self.name_rows_up_to(before + others.len());
        }
        self.weights.append(before, &others.weights);
        self.spends.append(before, &others.spends);
        self.ln_intervals.append(before, &others.ln_intervals);
        self.later.append(before, &others.later);
        self.before.append(before, &others.before);
    }

    /// Gives the rows before a place that have no name yet the names they go by.
    fn name_rows_up_to(&mut self, place: usize) {
        for number in self.ids.len()..place {
            self.ids.push(&(number + 1).to_string());
        }
    }

    /// Returns the customer at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Customer<'_>> {
        Some(Customer {
            history: *self.histories.get(place)?,
            id: if self.ids.is_empty() {
                CustomerId::Row(place + 1)
            } else {
                CustomerId::Named(self.ids.get(place))
            },
            weight: self.weight(place),
            spend: self.spends.get(place),
            ln_intervals: self.ln_intervals.get(place),
            later: self.later.get(place),
            before: self.before.get(place),
        })
    }

    /// Returns how many customers the row at a place stands for.
    pub(super) fn weight(&self, place: usize) -> u64 {
        self.weights.get(place).unwrap_or(1)
    }

    /// Makes room for so many rows more; what is not filled costs nothing.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.histories.reserve(rows);
    }

    /// Walks over the customers.
    pub fn iter(&self) -> impl Iterator<Item = Customer<'_>> + Clone {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// Returns the number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.histories.len()
    }

    /// Returns true if there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }

    /// Returns what the purchases of each were.
    pub(super) fn histories(&self) -> &[History] {
        &self.histories
    }
}

impl<'a> FromIterator<Customer<'a>> for Customers {
    fn from_iter<I: IntoIterator<Item = Customer<'a>>>(customers: I) -> Self {
        let mut all = Self::default();
        all.extend(customers);
        all
    }
}

impl<'a> Extend<Customer<'a>> for Customers {
    fn extend<I: IntoIterator<Item = Customer<'a>>>(&mut self, customers: I) {
        for customer in customers {
            self.push(customer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: CustomerId<'_>, weight: u64, later: Option<u32>) -> Customer<'_> {
        Customer {
            id,
            history: History::NEW_CUSTOMER,
            weight,
            spend: None,
            ln_intervals: None,
            later,
            before: None,
        }
    }

    #[test]
    fn customers_come_back_as_they_went_in() {
        let (ann, row) = (CustomerId::Named("ann"), CustomerId::Row);
        let given = [
            customer(row(1), 1, None),
            customer(row(2), 0, Some(7)),
            customer(row(3), 5, None),
            customer(ann, 1, Some(0)),
            customer(CustomerId::Named("5"), 1, None),
        ];
        let plain: Customers = given[..3].iter().copied().collect();
        assert!(plain.iter().eq(given[..3].iter().copied()));
        assert!(plain.ids.is_empty(), "rows need no names");
        let named: Customers = given.iter().copied().collect();
        let ids: Vec<String> = named
            .iter()
            .map(|customer| customer.id.to_string())
            .collect();
        assert_eq!(ids, ["1", "2", "3", "ann", "5"]);
        let without_id = |customer: Customer<'_>| (customer.weight, customer.later);
        assert!(named.iter().map(without_id).eq(given.map(without_id)));
        assert_eq!(named.get(5), None);
    }

    #[test]
    fn parts_are_called_by_the_rows_of_all() {
        let part: Customers = (1..=2)
            .map(|n| customer(CustomerId::Row(n), 1, None))
            .collect();
        let mut all = part.clone();
        all.append(&part);
        let ids: Vec<CustomerId<'_>> = all.iter().map(|customer| customer.id).collect();
        assert_eq!(ids, [1, 2, 3, 4].map(CustomerId::Row));
        let named: Customers = [customer(CustomerId::Named("ann"), 1, Some(2))]
            .into_iter()
            .collect();
        all.append(&named);
        all.append(&part);
        let told: Vec<(String, Option<u32>)> = all
            .iter()
            .map(|customer| (customer.id.to_string(), customer.later))
            .collect();
        let expected = ["1", "2", "3", "4", "ann", "6", "7"].map(str::to_owned);
        assert!(told.iter().map(|(id, _)| id).eq(&expected));
        assert!(told.iter().map(|(_, later)| *later).eq([
            None,
            None,
            None,
            None,
            Some(2),
            None,
            None
        ]));
    }
}
