//! Customers who are one person: their facts come together under the person's name before they are folded.

use std::collections::HashMap;

use crate::gather::Gathered;
use crate::grouping::{GroupingError, PARTITIONS, Record};

impl Gathered {
    /// Takes customers for persons: by customer, the person. A person's own name must not be among the customers.
    ///
    /// # Errors
    /// [`GroupingError`] if records on disk cannot be read or written.
    pub fn take_for(&mut self, persons: HashMap<String, String>) -> Result<(), GroupingError> {
        if persons.is_empty() {
            return Ok(());
        }
        let mut scatter = self.store.scatter();
        for partition in 0..PARTITIONS {
            let mut moved = Vec::new();
            self.each_record(partition, |record| {
                if let Some(person) = persons.get(record.customer) {
                    let customer = person.as_str();
                    Record {
                        customer,
                        ..*record
                    }
                    .write(&mut moved);
                }
                Ok(())
            })?;
            let mut rest = moved.as_slice();
            while !rest.is_empty() {
                let record = Record::read(&mut rest).ok_or(GroupingError::Damaged)?;
                scatter.push(&record)?;
            }
        }
        scatter.finish()?;
        self.persons = persons;
        Ok(())
    }

    /// Calls `take` with the records of one partition, one after another.
    pub(crate) fn each_record(
        &self,
        partition: usize,
        mut take: impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
    ) -> Result<(), GroupingError> {
        self.store.each_record(partition, |record| {
            if self.persons.is_empty() || !self.persons.contains_key(record.customer) {
                take(record)?;
            }
            Ok(())
        })
    }

    /// Whether every record counts as it was read.
    pub(crate) fn counts_as_read(&self) -> bool {
        self.persons.is_empty() && self.shared.is_empty()
    }

    /// Leaves out the records that stand under their person's name, too, and sets aside what is several customers'.
    pub(crate) fn retain_own(&self, records: &mut Vec<Record<'_>>) {
        if !self.persons.is_empty() {
            records.retain(|record| !self.persons.contains_key(record.customer));
        }
        self.shared.set_aside(records);
    }
}
