//! The file of what is kept: whatever is written comes back, and nothing else does.

use std::collections::BTreeMap;
use std::path::Path;

use patron_core::{Day, Instant, Money, MoneySum, RowClass};
use patron_fold::{AsOf, FoldSettings, NoOrderReason, Profile, Steady, Tally};

use super::{KeptError, KeptPeople, KeptPerson, KeptRun, Mark, Marks, ToKeep};
use crate::customers::{CustomerTable, Prospect, ProspectReason};
use crate::folding::FileFolded;
use crate::profiles::Profiles;
use crate::texts::Texts;

const NOBODY: KeptPerson = KeptPerson {
    steady: Steady {
        from: Day(-3),
        until: Day(i32::MAX),
    },
    earliest: 5,
    latest: i64::MIN,
    refunded: -1,
    part: 7,
    at: 1 << 40,
    bytes: 9,
    check: u32::MAX,
};

fn profile(orders: u64, monetary: i128) -> Profile {
    Profile {
        first_order_at: Instant(1),
        last_order_at: Instant(i64::MAX),
        first_day: Day(-2),
        last_day: Day(20_000),
        orders,
        purchase_days: 3,
        units: 4,
        monetary: MoneySum(monetary),
        order_value: MoneySum(monetary),
        unlinked_refunds: MoneySum(0),
        last_order_value: Money(-5),
        orders_window: 6,
        monetary_window: MoneySum(7),
        purchase_days_window: 8,
        units_window: 9,
        orders_prior_window: 10,
        provisional_value: MoneySum(11),
        gap_variation: (orders > 1).then_some(0.25),
        repeat_spend_days: 12,
        repeat_spend: MoneySum(13),
    }
}

/// A run with profiles of either size, texts of any kind, and people of all three kinds.
fn run() -> KeptRun {
    let texts = |all: &[&str]| {
        let mut texts = Texts::default();
        all.iter().for_each(|text| texts.push(text));
        texts
    };
    let mut profiles = Profiles::default();
    for (orders, monetary) in [(1, 5), (u64::MAX, i128::MAX), (2, -9)] {
        profiles.push(&profile(orders, monetary));
    }
    let mark = |segment| Mark {
        scores: [1, 5, 10],
        octant: 7,
        stage: 2,
        segment,
    };
    let tally = Tally {
        later: 1,
        settled_value: MoneySum(i128::MAX),
        settled_refunds: MoneySum(-4),
        ..Tally::default()
    };
    let contact = texts(&["", "王", "x"]);
    KeptRun {
        table: CustomerTable {
            as_of: AsOf::new(Day(20_000), &FoldSettings::default()),
            ids: texts(&["a", "李四", "z"]),
            profiles,
            contacts: Some([contact.clone(), contact.clone(), contact.clone(), contact]),
            tally,
        },
        prospects: vec![
            Prospect {
                customer_id: "p".to_owned(),
                reason: ProspectReason::History(NoOrderReason::ZeroValue),
            },
            Prospect {
                customer_id: "q".to_owned(),
                reason: ProspectReason::SetAside(RowClass::FeeLine),
            },
        ],
        people: KeptPeople {
            customers: vec![NOBODY; 3],
            prospects: vec![NOBODY; 2],
            silent: vec![("s".to_owned(), NOBODY)],
        },
        by_file: BTreeMap::from([(3, FileFolded::default())]),
        marks: Marks {
            of: vec![mark(0), mark(1), mark(255)],
            segments: vec!["loyal".to_owned(), "new".to_owned()],
        },
    }
}

fn written(run: &KeptRun, path: &Path) {
    let to_keep = ToKeep {
        table: &run.table,
        prospects: &run.prospects,
        people: &run.people,
        by_file: &run.by_file,
        marks: &run.marks,
    };
    let bytes = to_keep.write(path).unwrap();
    assert_eq!(bytes, std::fs::metadata(path).unwrap().len());
}

#[test]
fn what_is_kept_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people");
    let kept = run();
    written(&kept, &path);
    let read = KeptRun::read(&path, &FoldSettings::default()).unwrap();
    let profiles = |run: &KeptRun| run.table.profiles.iter().collect::<Vec<_>>();
    assert_eq!(profiles(&read), profiles(&kept));
    let texts = |run: &KeptRun| {
        let contacts = run.table.contacts.clone();
        (format!("{:?}{contacts:?}", run.table.ids), run.table.tally)
    };
    assert_eq!(texts(&read), texts(&kept));
    assert_eq!(read.table.as_of, kept.table.as_of);
    assert_eq!(
        (&read.prospects, &read.people),
        (&kept.prospects, &kept.people)
    );
    assert_eq!((&read.by_file, &read.marks), (&kept.by_file, &kept.marks));
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people");
    written(&run(), &path);
    let whole = std::fs::read(&path).unwrap();
    let is_damaged = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let read = KeptRun::read(&path, &FoldSettings::default());
        matches!(read, Err(KeptError::Damaged { .. }))
    };
    assert!(!is_damaged(&whole));
    for length in 0..whole.len() {
        assert!(is_damaged(&whole[..length]), "{length} bytes");
    }
    for place in 0..whole.len() {
        let mut other = whole.clone();
        other[place] ^= 0x40;
        assert!(is_damaged(&other), "byte {place}");
    }
    assert!(is_damaged(&[whole, vec![0]].concat()));
}
