//! Buckets: persons are dealt into them by a hash, so that a person's rows are together and work can be shared out.

use xxhash_rust::xxh3::xxh3_64;

/// One of `count` buckets. The count is a power of two, so that a bucket of few splits into buckets of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    index: u32,
    count: u32,
}

/// How the rows of a file and the rows asked for overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overlap {
    None,
    Some,
    All,
}

impl Bucket {
    /// The one bucket with everybody.
    pub const ALL: Self = Self { index: 0, count: 1 };

    /// Returns the bucket, if `count` is a power of two up to 4096 and `index` is below it.
    #[must_use]
    pub const fn new(index: u32, count: u32) -> Option<Self> {
        if count.is_power_of_two() && count <= 4096 && index < count {
            Some(Self { index, count })
        } else {
            None
        }
    }

    /// Returns the bucket of a person among `count`. Nobody (an unknown visitor) is in the first.
    #[must_use]
    pub fn of_person(person_id: Option<&str>, count: u32) -> u32 {
        let mask = u64::from(count.max(1) - 1);
        let hash = person_id.map_or(0, |person| xxh3_64(person.as_bytes()));
        // The mask has at most twelve bits.
        u32::try_from(hash & mask).unwrap_or(0)
    }

    /// Returns its number, from 0.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Returns how many buckets there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Tells whether a person is in it.
    #[must_use]
    pub fn has(self, person_id: Option<&str>) -> bool {
        Self::of_person(person_id, self.count) == self.index
    }

    /// Tells how many of the rows of this bucket (of a file) are in another bucket (asked for).
    pub(crate) const fn overlap(self, asked: Self) -> Overlap {
        let least = if self.count < asked.count {
            self.count
        } else {
            asked.count
        };
        if self.index % least != asked.index % least {
            Overlap::None
        } else if self.count >= asked.count {
            Overlap::All
        } else {
            Overlap::Some
        }
    }

    /// Returns the folder of the bucket's files inside that of the table.
    pub(crate) fn folder(self) -> String {
        if self.count == 1 {
            String::new()
        } else {
            format!("b{:04}-{:04}/", self.count, self.index)
        }
    }

    /// Returns the bucket that a file's path tells; a file outside bucket folders has rows of any.
    pub(crate) fn of_path(path: &str) -> Self {
        let parse = || {
            let (folder, _) = path.strip_prefix('b')?.split_once('/')?;
            let (count, index) = folder.split_once('-')?;
            Self::new(index.parse().ok()?, count.parse().ok()?)
        };
        parse().unwrap_or(Self::ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_its_bucket() {
        for bucket in [Bucket::ALL, Bucket::new(7, 32).unwrap()] {
            let path = format!("{}file.parquet", bucket.folder());
            assert_eq!(Bucket::of_path(&path), bucket);
        }
        assert_eq!(Bucket::of_path("bad.parquet"), Bucket::ALL);
        assert_eq!(Bucket::new(0, 3), None);
        assert_eq!(Bucket::new(4, 4), None);
    }

    #[test]
    fn overlap_agrees_with_membership() {
        let people: Vec<String> = (0..500).map(|number| format!("p{number}")).collect();
        for (file_count, asked_count) in [(1, 1), (1, 8), (8, 1), (4, 8), (8, 4), (8, 8)] {
            for file in 0..file_count {
                for asked in 0..asked_count {
                    let file = Bucket::new(file, file_count).unwrap();
                    let asked = Bucket::new(asked, asked_count).unwrap();
                    let inside = people.iter().filter(|person| file.has(Some(person)));
                    let (both, rest): (Vec<_>, Vec<_>) =
                        inside.partition(|person| asked.has(Some(person)));
                    match file.overlap(asked) {
                        Overlap::None => assert!(both.is_empty()),
                        Overlap::Some => assert!(!both.is_empty() && !rest.is_empty()),
                        Overlap::All => assert!(rest.is_empty()),
                    }
                }
            }
        }
    }
}
