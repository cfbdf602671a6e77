//! What studies of coverage have in common: bases one by one, noted as they come, and told in one line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use patron_stats::distributions::kolmogorov_above;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::coverage::{mean_and_error, told};

/// What a study may look at.
pub(crate) const QUANTITIES: usize = 5;

/// What was found of one base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Replicate {
    /// Shares of intervals that hold the truth; NaN where a quantity was not at stake.
    pub(crate) inside: [f64; QUANTITIES],
    /// Whether the draws came with a warning.
    pub(crate) warned: bool,
    /// Places of outcomes in their distributions, uniform where these are right.
    pub(crate) places: Vec<f64>,
}

/// A study by name.
#[derive(Debug)]
pub(crate) struct Study {
    pub(crate) key: &'static str,
    pub(crate) quantities: [&'static str; QUANTITIES],
    pub(crate) customers: usize,
    pub(crate) bases: usize,
    pub(crate) seed: u64,
}

/// What was found of all.
#[derive(Debug)]
pub(crate) struct Tally {
    key: &'static str,
    quantities: [&'static str; QUANTITIES],
    bases: usize,
    noted: usize,
    pub(crate) failed: usize,
    warned: usize,
    pub(crate) inside: [(f64, f64); QUANTITIES],
    pub(crate) kolmogorov: Option<f64>,
}

impl Study {
    /// Looks at all bases. Where the environment names a folder (`PATRON_NOTES`), what was found of each is written there as it comes, and a base that is
    /// written there already is taken over: a long run that was stopped goes on. Each base has random numbers of its own, so that it is the same in any run.
    pub(crate) fn run(&self, of: impl Fn(&mut ChaCha12Rng) -> Option<Replicate>) -> Tally {
        let mut notes = Notes::of(self);
        let noted = notes.known.range(..self.bases).count();
        let found: Vec<Option<Replicate>> = (0..self.bases)
            .map(|base| match notes.known.get(&base) {
                Some(known) => known.clone(),
                None => {
                    let mut generator = ChaCha12Rng::seed_from_u64(self.seed);
                    generator.set_stream(base as u64);
                    let found = of(&mut generator);
                    notes.add(base, found.as_ref());
                    found
                }
            })
            .collect();
        self.tally(noted, &found)
    }

    fn tally(&self, noted: usize, found: &[Option<Replicate>]) -> Tally {
        let replicates: Vec<&Replicate> = found.iter().flatten().collect();
        let mut inside = [(0.0, 0.0); QUANTITIES];
        for (i, slot) in inside.iter_mut().enumerate() {
            *slot = mean_and_error(replicates.iter().map(|replicate| replicate.inside[i]));
        }
        let places = replicates.iter().flat_map(|replicate| &replicate.places);
        Tally {
            key: self.key,
            quantities: self.quantities,
            bases: self.bases,
            noted,
            failed: self.bases - replicates.len(),
            warned: replicates.iter().filter(|one| one.warned).count(),
            inside,
            kolmogorov: kolmogorov(places.copied().collect()),
        }
    }
}

impl Tally {
    pub(crate) fn in_words(&self) -> String {
        let shares = self.quantities.iter().zip(self.inside);
        let shares: Vec<String> = shares
            .filter(|(_, (mean, _))| mean.is_finite())
            .map(|(name, (mean, error))| format!("{name} {mean:.4} ± {error:.4}"))
            .collect();
        let mut words = format!(
            "{}: {} bases ({} without draws, {} warned), inside their 90 % credible intervals: {}",
            self.key,
            self.bases,
            self.failed,
            self.warned,
            shares.join(", ")
        );
        if let Some(probability) = self.kolmogorov {
            write!(words, ", places of outcomes Kolmogorov p {probability:.3}").unwrap();
        }
        if self.noted > 0 {
            write!(
                words,
                " ({} bases taken over from an earlier run)",
                self.noted
            )
            .unwrap();
        }
        words
    }
}

/// Returns how likely places so far from uniform are.
fn kolmogorov(mut places: Vec<f64>) -> Option<f64> {
    places.sort_unstable_by(f64::total_cmp);
    let n = places.len() as f64;
    let away = places.iter().enumerate().map(|(i, place)| {
        let i = i as f64;
        (place - i / n).max((i + 1.0) / n - place)
    });
    let distance = away.fold(0.0, f64::max);
    (!places.is_empty()).then(|| kolmogorov_above(distance, places.len()))
}

/// What is written of each base: its number, then `failed`, or 0 or 1 for a warning, the shares, the places.
#[derive(Debug)]
struct Notes {
    known: BTreeMap<usize, Option<Replicate>>,
    file: Option<File>,
}

impl Notes {
    fn of(study: &Study) -> Self {
        let folder = told("PATRON_NOTES").map(PathBuf::from);
        let name = format!("{}-{}-seed-{}.txt", study.key, study.customers, study.seed);
        let path = folder.map(|folder| folder.join(name));
        let text = path
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        // A line that was cut off by the end of a run has no end.
        let lines = text.iter().flat_map(|text| text.split_inclusive('\n'));
        let whole = lines.filter_map(|line| line.strip_suffix('\n'));
        Self {
            known: whole.map(read).collect(),
            file: path.map(|path| {
                let mut options = OpenOptions::new();
                options.create(true).append(true).open(path).unwrap()
            }),
        }
    }

    fn add(&mut self, base: usize, found: Option<&Replicate>) {
        if let Some(file) = &mut self.file {
            writeln!(file, "{}", written(base, found)).unwrap();
        }
    }
}

fn written(base: usize, found: Option<&Replicate>) -> String {
    let Some(found) = found else {
        return format!("{base} failed");
    };
    let numbers = found.inside.iter().chain(&found.places);
    let numbers: Vec<String> = numbers.map(f64::to_string).collect();
    format!("{base} {} {}", u8::from(found.warned), numbers.join(" "))
}

fn read(line: &str) -> (usize, Option<Replicate>) {
    let mut words = line.split(' ');
    let base = words.next().unwrap().parse().unwrap();
    let warned = match words.next().unwrap() {
        "failed" => return (base, None),
        warned => warned == "1",
    };
    let numbers: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
    let (inside, places) = numbers.split_at(QUANTITIES);
    let found = Replicate {
        inside: inside.try_into().unwrap(),
        warned,
        places: places.to_vec(),
    };
    (base, Some(found))
}

#[test]
fn what_is_noted_of_a_base_is_read_again() {
    let found = Replicate {
        inside: [0.95, 1.0 / 3.0, 0.0, 1.0, 0.1],
        warned: true,
        places: vec![0.123_456_789, 1e-17],
    };
    assert_eq!(read(&written(7, Some(&found))), (7, Some(found)));
    assert_eq!(read(&written(8, None)), (8, None));
    assert!(kolmogorov(Vec::new()).is_none());
    // Evenly spread, and all in one half.
    let even = |width: f64| {
        (0..100)
            .map(|i| width * (f64::from(i) + 0.5) / 100.0)
            .collect()
    };
    assert!(kolmogorov(even(1.0)).unwrap() > 0.99);
    assert!(kolmogorov(even(0.5)).unwrap() < 1e-6);
}
