//! From the bytes of one partition to the outcomes of its customers.

use std::collections::BTreeMap;

use patron_core::{Day, MoneySum, RowClass};
use patron_fold::folder::Scratch;
use patron_fold::{Folder, NoOrderReason, Outcome, Tally};

use super::GroupingError;
use super::record::Record;
use super::rows::{ByCustomer, Rows};
use super::work::Work;
use crate::kept::KeptPartition;
use crate::profiles::Profiles;
use crate::purchases::PurchaseLog;
use crate::texts::Texts;

/// How rows of one customer make orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GroupingRules {
    /// Rows that equal an earlier row of their file in every column are merged into it; if false they are counted and
    /// kept, since two equal lines may be two units bought.
    pub(crate) drop_duplicates: bool,
    /// Rows with one order id repeat the order: the latest version counts, the others are merged. If false, such rows
    /// are taken for lines, and [`RepeatedOrders`] tells whether that can be true.
    pub(crate) repeats_are_versions: bool,
    /// Whether the days of purchases are kept, too.
    pub(crate) keep_days: KeptDays,
    /// Whether [`FoldedPerson::counted`] is wanted.
    pub(crate) keep_rows: bool,
}

/// What is kept of the days on which customers bought, besides their profiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum KeptDays {
    /// Nothing.
    #[default]
    None,
    /// The days, without saying whose.
    Bare,
    /// The days of each customer, with what was spent.
    Named,
}

/// How order ids repeat in files that have neither quantities nor unit prices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RepeatedOrders {
    /// Order ids that repeat with one and the same amount.
    pub(crate) constant: u64,
    /// Order ids that repeat with differing amounts.
    pub(crate) varying: u64,
    /// The first, by id, that repeats with a constant amount; with its number of rows.
    pub(crate) example: Option<(String, u64)>,
}

impl RepeatedOrders {
    /// Adds what was found in another partition.
    pub(crate) fn merge(&mut self, other: Self) {
        self.constant += other.constant;
        self.varying += other.varying;
        self.example = match (self.example.take(), other.example) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

/// What a person has on an as-of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The next profile.
    Profile,
    /// No valid order.
    Prospect(NoOrderReason),
}

/// The outcomes of one as-of day.
#[derive(Debug, Clone, Default)]
pub(crate) struct DayOutcomes {
    /// Person by person.
    pub(crate) slots: Vec<Slot>,
    /// Of those who have one, in the order of `slots`.
    pub(crate) profiles: Profiles,
    /// Orders that are no purchases.
    pub(crate) tally: Tally,
}

impl DayOutcomes {
    /// Adds the outcomes of another partition.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.slots.append(&mut other.slots);
        self.profiles.append(&mut other.profiles);
        self.tally.merge(&other.tally);
    }

    fn push(&mut self, outcome: &Outcome) {
        self.slots.push(match outcome {
            Outcome::Customer(profile) => {
                self.profiles.push(profile);
                Slot::Profile
            }
            Outcome::Prospect(reason) => Slot::Prospect(*reason),
        });
    }
}

/// The customers of one partition with an outcome for each as-of day.
#[derive(Debug, Default)]
pub(crate) struct FoldedPartition {
    pub(crate) names: Texts,
    /// As-of day by as-of day; moved to those of all partitions.
    pub(crate) days: Vec<DayOutcomes>,
    /// Where its people begin there.
    pub(crate) first_person: usize,
    /// The reason of customers known only from set-aside rows; by position.
    pub(crate) mentioned: Vec<Option<RowClass>>,
    /// E-mail, phone, name, consent; empty if no record had any.
    pub(crate) contacts: [Texts; 4],
    pub(crate) has_contacts: bool,
    pub(crate) records: u64,
    /// Rows by file.
    pub(crate) duplicates: BTreeMap<u32, u64>,
    /// Rows by file and kind.
    pub(crate) merged: BTreeMap<(u32, RowKindKey), u64>,
    pub(crate) repeated: RepeatedOrders,
    /// Where days are kept by name, those of each customer as of the last as-of day.
    pub(crate) bought: Vec<Bought>,
    /// Where they are kept without, the same.
    pub(crate) purchases: PurchaseLog,
    /// Where people are kept for a later run, what of each of them is.
    pub(crate) kept: KeptPartition,
}

/// When a customer bought, and for how much: a row per day with a purchase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bought {
    /// The id.
    pub customer_id: String,
    /// In order, at least one.
    pub days: Vec<(Day, MoneySum)>,
}

impl FoldedPartition {
    fn keep_days(&mut self, kept: KeptDays, customer: &str, days: &[(Day, MoneySum)]) {
        match kept {
            KeptDays::Named if !days.is_empty() => self.bought.push(Bought {
                customer_id: customer.to_owned(),
                days: days.to_vec(),
            }),
            KeptDays::Bare => self.purchases.push(days.iter().map(|(day, _)| *day)),
            KeptDays::Named | KeptDays::None => {}
        }
    }
}

/// Which accepted kind merged rows would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKindKey {
    OrderLine,
    Refund,
}

/// One person whose records were folded.
pub(crate) struct FoldedPerson<'p, 'a> {
    pub(crate) name: &'a str,
    /// All of them, as they came.
    pub(crate) records: &'p [Record<'a>],
    /// Those that count, as what they count, where that is asked for: what is superseded or only repeated is not among them.
    pub(crate) counted: &'p [Record<'a>],
    /// The memory by which the history was folded; nothing of whoever is no customer, and not among the outcomes.
    pub(crate) scratch: Option<&'p Scratch<'a>>,
    /// What the first as-of day made of it; nothing likewise.
    pub(crate) outcome: Option<&'p Outcome>,
}

/// Groups and folds the records of one partition.
pub(crate) fn fold_partition(
    rows: Rows<'_, '_>,
    folder: &Folder,
    rules: GroupingRules,
) -> Result<FoldedPartition, GroupingError> {
    fold_people(rows, folder, rules, |_| {})
}

/// Groups and folds records, and calls `each` for every person, in the order of the outcomes.
pub(crate) fn fold_people<'a>(
    rows: Rows<'_, 'a>,
    folder: &Folder,
    rules: GroupingRules,
    mut each: impl FnMut(&FoldedPerson<'_, 'a>),
) -> Result<FoldedPartition, GroupingError> {
    let by_customer = ByCustomer::new(rows)?;
    let mut partition = FoldedPartition {
        records: by_customer.rows() as u64,
        days: vec![DayOutcomes::default(); folder.as_of().len()],
        mentioned: Vec::with_capacity(by_customer.customers()),
        ..FoldedPartition::default()
    };
    let mut work = Work::default();
    let (mut records, mut outcomes) = (Vec::new(), Vec::new());
    for customer in 0..by_customer.customers() {
        by_customer.read(rows, customer, &mut records)?;
        let Some(customer) = work.facts_of(&records, rules, &mut partition) else {
            each(&FoldedPerson {
                name: records.first().map_or("", |row| row.customer),
                records: &records,
                counted: &[],
                scratch: None,
                outcome: None,
            });
            continue;
        };
        outcomes.clear();
        let with = (&mut work.scratch, &mut outcomes);
        let folded = if work.are_orders {
            folder.fold_orders(&work.facts, with.0, with.1)
        } else {
            folder.fold(&work.facts, with.0, with.1)
        };
        folded.map_err(|source| GroupingError::Fold {
            customer: customer.to_owned(),
            source,
        })?;
        for (day, outcome) in partition.days.iter_mut().zip(&outcomes) {
            day.push(outcome);
        }
        each(&FoldedPerson {
            name: customer,
            records: &records,
            counted: &work.counted,
            scratch: Some(&work.scratch),
            outcome: outcomes.first(),
        });
        partition.keep_days(rules.keep_days, customer, work.scratch.purchase_days());
        partition.names.push(customer);
        partition.mentioned.push(if work.facts.is_empty() {
            work.mentioned
        } else {
            None
        });
        work.push_contact(&mut partition);
    }
    for (day, counts) in partition.days.iter_mut().zip(work.scratch.tallies()) {
        day.tally = *counts;
    }
    Ok(partition)
}

/// Reads the records of a partition.
pub(crate) fn decode<'a>(segments: &[&'a [u8]]) -> Result<Vec<Record<'a>>, GroupingError> {
    let bytes: usize = segments.iter().map(|segment| segment.len()).sum();
    let mut records = Vec::with_capacity(bytes / 40);
    for segment in segments {
        let mut rest = *segment;
        while !rest.is_empty() {
            records.push(Record::read(&mut rest).ok_or(GroupingError::Damaged)?);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouping::Contact;
    use patron_core::{Day, OrderStatus};
    use patron_fold::FoldSettings;
    use patron_import::RowKind;

    fn row<'a>(
        customer: &'a str,
        order_id: &'a str,
        kind: RowKind,
        at: i64,
        net: i64,
        row_hash: u64,
    ) -> Record<'a> {
        Record {
            kind,
            status: OrderStatus::Paid,
            at,
            net,
            row_hash,
            quantity: 0,
            is_line: false,
            status_unsaid: false,
            updated_at: None,
            product: 0,
            file: 0,
            customer,
            order_id,
            contact: None,
            line: 0,
            details: &[],
        }
    }

    fn fold(rows: &[Record<'_>], rules: GroupingRules) -> FoldedPartition {
        let folder = Folder::new(FoldSettings::default(), &[Day(100)]).unwrap();
        fold_partition(Rows::Read(rows), &folder, rules).unwrap()
    }

    fn money(partition: &FoldedPartition, index: usize) -> (u64, i128) {
        let day = &partition.days[0];
        if day.slots[index] != Slot::Profile {
            return (0, 0);
        }
        let before = day.slots[..index].iter();
        let place = before.filter(|&&slot| slot == Slot::Profile).count();
        let profile = day.profiles.get(place).unwrap();
        (profile.orders, profile.monetary.0)
    }

    #[test]
    fn rows_are_grouped_by_customer_whatever_their_order() {
        let rows = [
            row("b", "1", RowKind::Order, 5, 10, 1),
            row("a", "2", RowKind::Order, 3, 20, 2),
            row("b", "3", RowKind::Order, 1, 30, 3),
        ];
        let partition = fold(&rows, GroupingRules::default());
        assert_eq!(
            (partition.names.get(0), money(&partition, 0)),
            ("b", (2, 40))
        );
        assert_eq!(
            (partition.names.get(1), money(&partition, 1)),
            ("a", (1, 20))
        );
        assert_eq!(partition.records, 3);
    }

    #[test]
    fn equal_lines_are_counted_and_kept_or_dropped() {
        let line = row("a", "1", RowKind::Line, 5, 10, 77);
        let kept = fold(&[line, line, line], GroupingRules::default());
        assert_eq!(
            (kept.duplicates.get(&0), money(&kept, 0)),
            (Some(&2), (1, 30))
        );
        let rules = GroupingRules {
            drop_duplicates: true,
            ..GroupingRules::default()
        };
        let dropped = fold(&[line, line, line], rules);
        assert_eq!(
            (dropped.duplicates.get(&0), money(&dropped, 0)),
            (Some(&2), (1, 10))
        );
        assert_eq!(dropped.merged.get(&(0, RowKindKey::OrderLine)), Some(&2));
    }

    #[test]
    fn versions_of_an_order_merge_into_the_latest_with_its_own_refund() {
        let rows = [
            row("a", "1", RowKind::Order, 5, 100, 1),
            row("a", "1", RowKind::Refund, i64::MIN, 10, 1),
            row("a", "1", RowKind::Order, 6, 100, 2),
            row("a", "1", RowKind::Refund, i64::MIN, 30, 2),
        ];
        let rules = GroupingRules {
            repeats_are_versions: true,
            ..GroupingRules::default()
        };
        let partition = fold(&rows, rules);
        assert_eq!(money(&partition, 0), (1, 70));
        assert_eq!(partition.merged.get(&(0, RowKindKey::OrderLine)), Some(&1));
    }

    #[test]
    fn rows_that_another_file_has_too_are_merged_and_counted_to_the_later_file() {
        let line = row("a", "1", RowKind::Line, 5, 10, 77);
        let again = Record { file: 1, ..line };
        let partition = fold(&[line, again, line, again, again], GroupingRules::default());
        assert_eq!(
            money(&partition, 0),
            (1, 30),
            "two in the first file, three in the second: three lines"
        );
        assert_eq!(partition.merged.get(&(1, RowKindKey::OrderLine)), Some(&2));
    }

    #[test]
    fn the_later_files_version_of_an_order_supersedes() {
        let old = row("a", "1", RowKind::Order, 5, 100, 1);
        let old_refund = row("a", "1", RowKind::Refund, i64::MIN, 10, 1);
        let new = Record {
            file: 1,
            net: 80,
            row_hash: 2,
            ..old
        };
        let partition = fold(&[new, old, old_refund], GroupingRules::default());
        assert_eq!(money(&partition, 0), (1, 80));
        assert_eq!(partition.merged.get(&(0, RowKindKey::OrderLine)), Some(&1));
        assert_eq!(
            partition.repeated,
            RepeatedOrders::default(),
            "no id repeats within a file"
        );
    }

    #[test]
    fn a_cancelled_row_cancels_the_orders_lines_and_earlier_versions() {
        let cancelled = row(
            "a",
            "1",
            RowKind::Mention(RowClass::CancelledOrder),
            5,
            100,
            9,
        );
        let line = Record {
            file: 1,
            ..row("a", "1", RowKind::Line, 5, 100, 1)
        };
        let other = row("a", "2", RowKind::Order, 6, 7, 2);
        assert_eq!(
            money(
                &fold(&[cancelled, line, other], GroupingRules::default()),
                0
            ),
            (1, 7)
        );
        let paid = row("a", "1", RowKind::Order, 5, 100, 1);
        let later = Record {
            file: 1,
            ..cancelled
        };
        let partition = fold(&[paid, later], GroupingRules::default());
        assert_eq!(money(&partition, 0), (0, 0));
        assert_eq!(partition.merged.get(&(0, RowKindKey::OrderLine)), Some(&1));
        let paid_later = Record { file: 2, ..paid };
        assert_eq!(
            money(&fold(&[later, paid_later], GroupingRules::default()), 0),
            (1, 100)
        );
    }

    #[test]
    fn repeated_ids_are_told_apart_by_whether_the_amount_is_constant() {
        let rows = [
            row("a", "2", RowKind::Order, 5, 100, 1),
            row("a", "2", RowKind::Order, 5, 100, 2),
            row("a", "1", RowKind::Order, 5, 50, 3),
            row("a", "1", RowKind::Order, 5, 60, 4),
            row("a", "3", RowKind::Order, 5, 1, 5),
        ];
        let partition = fold(&rows, GroupingRules::default());
        let expected = RepeatedOrders {
            constant: 1,
            varying: 1,
            example: Some(("2".to_owned(), 2)),
        };
        assert_eq!(partition.repeated, expected);
        assert_eq!(money(&partition, 0), (3, 311), "taken for lines");
    }

    #[test]
    fn whoever_is_only_mentioned_is_kept_with_the_reason() {
        let rows = [
            row("a", "", RowKind::Mention(RowClass::FeeLine), 5, 0, 1),
            row("a", "", RowKind::Mention(RowClass::CancelledOrder), 5, 0, 2),
            row("b", "", RowKind::Refund, 5, 7, 3),
        ];
        let partition = fold(&rows, GroupingRules::default());
        assert_eq!(partition.mentioned, [Some(RowClass::CancelledOrder), None]);
        assert!(matches!(partition.days[0].slots[1], Slot::Prospect(_)));
    }

    #[test]
    fn the_latest_contact_that_is_not_empty_is_kept() {
        let said = [["old@x", "1", "", ""], ["new@x", "", "Ann", "yes"]];
        let rows: Vec<Record<'_>> = (1..)
            .zip(&said)
            .map(|(at, contact)| Record {
                contact: Contact::new(contact),
                ..row("a", "", RowKind::Order, at, 1, at.cast_unsigned())
            })
            .collect();
        let partition = fold(&rows, GroupingRules::default());
        let contact: Vec<&str> = partition
            .contacts
            .iter()
            .map(|column| column.get(0))
            .collect();
        assert_eq!(contact, ["new@x", "1", "Ann", "yes"]);
    }

    #[test]
    fn rows_as_they_were_written_fold_as_rows_that_are_laid_out() {
        let kinds = [
            RowKind::Order,
            RowKind::Line,
            RowKind::Refund,
            RowKind::Mention(RowClass::FeeLine),
        ];
        let mut rng = 9_u64;
        let mut below = |count: usize| {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(rng >> 33).unwrap() % count
        };
        let names: Vec<String> = (0..40).map(|number| format!("customer {number}")).collect();
        let ids: Vec<String> = (0..60).map(|number| number.to_string()).collect();
        for is_plain in [false, true] {
            let mut records = Vec::new();
            for number in 0..400_usize {
                let kind = if is_plain { 0 } else { below(4) };
                let id = if is_plain { number % 60 } else { below(60) };
                let (name, at) = (
                    below(40),
                    i64::try_from(below(90)).unwrap() * 86_400_000_000,
                );
                let net = i64::try_from(below(5)).unwrap();
                records.push(row(
                    &names[name],
                    &ids[id],
                    kinds[kind],
                    at,
                    net,
                    below(300) as u64,
                ));
            }
            let mut segments = vec![Vec::new(); 5];
            for (number, record) in records.iter().enumerate() {
                record.write(&mut segments[number / 80]);
            }
            let segments: Vec<&[u8]> = segments.iter().map(Vec::as_slice).collect();
            let folder = Folder::new(FoldSettings::default(), &[Day(50), Day(100)]).unwrap();
            let rules = GroupingRules {
                repeats_are_versions: true,
                ..GroupingRules::default()
            };
            let shown = |rows: Rows<'_, '_>| {
                let mut seen = Vec::new();
                let folded = fold_people(rows, &folder, rules, |person| {
                    seen.push(format!("{}{:?}", person.name, person.records));
                });
                (format!("{:?}", folded.unwrap()), seen)
            };
            assert_eq!(shown(Rows::Read(&records)), shown(Rows::Written(&segments)));
        }
    }

    #[test]
    fn rows_that_end_early_are_damage() {
        let mut bytes = Vec::new();
        row("a", "1", RowKind::Order, 5, 10, 1).write(&mut bytes);
        bytes.pop();
        let folder = Folder::new(FoldSettings::default(), &[Day(50)]).unwrap();
        let folded = fold_partition(Rows::Written(&[&bytes]), &folder, GroupingRules::default());
        assert!(matches!(folded, Err(GroupingError::Damaged)), "{folded:?}");
    }
}
