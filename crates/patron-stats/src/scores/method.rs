//! The ways to cut a range of values into bins, and what can be wrong with a request.

/// The fewest bins that an axis can have.
pub const FEWEST_BINS: u8 = 2;
/// The most bins that an axis can have.
pub const MOST_BINS: u8 = 10;

/// How cut points are found. DEFINITIONS §5.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Type-7 quantiles at i/k. Equal values share a score.
    Quantile,
    /// Cuts given by the user, ascending; one fewer than bins.
    Fixed(Vec<f64>),
    /// One cut, at the arithmetic mean: two bins.
    Mean,
    /// One cut, at the median: two bins.
    Median,
    /// Fisher's partition: the least sum of squared distances to the mean of the own bin.
    NaturalBreaks,
    /// As R's package `rfm`: type-7 quantile plus 1, a value on a cut belongs to the **upper** bin.
    RRfm,
    /// As `pandas.qcut(values, k)`: a repeated edge is an error.
    Qcut,
    /// As `pandas.qcut(rank(method="first"), k)`: equal values are split by their order in the slice.
    QcutFirst,
    /// As SQL's `NTILE(k) OVER (ORDER BY value, position)`: equal values are split by their order in the slice.
    Ntile,
}

impl Method {
    /// The names of all methods, as in settings and vocabularies.
    pub const NAMES: [&'static str; 9] = [
        "quantile",
        "fixed",
        "mean",
        "median",
        "natural-breaks",
        "r-rfm",
        "qcut",
        "qcut-first",
        "ntile",
    ];

    /// Returns the name, as in settings and vocabularies.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Quantile => "quantile",
            Self::Fixed(_) => "fixed",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::NaturalBreaks => "natural-breaks",
            Self::RRfm => "r-rfm",
            Self::Qcut => "qcut",
            Self::QcutFirst => "qcut-first",
            Self::Ntile => "ntile",
        }
    }

    /// Returns the method with this name; nothing for an unknown name. `fixed` takes `cuts`, the others ignore them.
    #[must_use]
    pub fn from_name(name: &str, cuts: &[f64]) -> Option<Self> {
        Some(match name {
            "quantile" => Self::Quantile,
            "fixed" => Self::Fixed(cuts.to_vec()),
            "mean" => Self::Mean,
            "median" => Self::Median,
            "natural-breaks" => Self::NaturalBreaks,
            "r-rfm" => Self::RRfm,
            "qcut" => Self::Qcut,
            "qcut-first" => Self::QcutFirst,
            "ntile" => Self::Ntile,
            _ => return None,
        })
    }

    /// Returns which side of a cut the cut itself belongs to, or that position decides.
    #[must_use]
    pub const fn tie_rule(&self) -> TieRule {
        match self {
            Self::RRfm => TieRule::UpperBin,
            Self::QcutFirst | Self::Ntile => TieRule::ByPosition,
            _ => TieRule::LowerBin,
        }
    }

    /// Returns the number of bins that the method needs, if it leaves no choice.
    #[must_use]
    pub fn required_bins(&self) -> Option<u8> {
        match self {
            Self::Mean | Self::Median => Some(2),
            Self::Fixed(cuts) => u8::try_from(cuts.len() + 1).ok(),
            _ => None,
        }
    }
}

/// Whether a high value earns a high score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// More is better: frequency, monetary. The lowest bin has score 1.
    HigherIsBetter,
    /// Less is better: recency in days. The lowest bin has score k.
    LowerIsBetter,
}

impl Direction {
    /// Returns the score of the bin `below` (number of cuts below the value) of `bins`.
    pub(crate) const fn score(self, below: u8, bins: u8) -> u8 {
        match self {
            Self::HigherIsBetter => 1 + below,
            Self::LowerIsBetter => bins - below,
        }
    }
}

/// What becomes of a value that lies exactly on a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TieRule {
    /// It belongs to the bin of lower values: the bin number is #{cut < value}.
    LowerBin,
    /// It belongs to the bin of higher values: the bin number is #{cut <= value}.
    UpperBin,
    /// Equal values are split by their position: the cuts only describe the bins.
    ByPosition,
}

/// Why values cannot be cut as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    /// There is nothing to cut.
    #[error("need at least one value to find cut points, found none")]
    NoValues,
    /// A value is infinite or not a number.
    #[error("value {value} at position {position} is not a finite number")]
    NotFinite {
        /// Where, counted from 0.
        position: usize,
        /// What was found there.
        value: f64,
    },
    /// The number of bins is out of range.
    #[error("found {found} bins, expected {FEWEST_BINS} to {MOST_BINS}")]
    BinsOutOfRange {
        /// The number asked for.
        found: u8,
    },
    /// The method leaves no choice of the number of bins.
    #[error("method `{method}` makes {required} bins, found {found}")]
    BinsDoNotFitMethod {
        /// The method's name.
        method: &'static str,
        /// What it makes.
        required: u8,
        /// The number asked for.
        found: u8,
    },
    /// Fixed cuts: their number is not one fewer than the bins.
    #[error("{bins} bins need {required} cuts, found {found}")]
    WrongNumberOfCuts {
        /// The number of bins.
        bins: u8,
        /// The number of cuts they need.
        required: usize,
        /// The number of cuts given.
        found: usize,
    },
    /// Fixed cuts: one is infinite or not a number.
    #[error("cut {value} is not a finite number")]
    CutNotFinite {
        /// The cut.
        value: f64,
    },
    /// Fixed cuts: they do not ascend.
    #[error("cuts must ascend, found {next} after {previous}")]
    CutsNotAscending {
        /// A cut.
        previous: f64,
        /// The one after it, which is smaller.
        next: f64,
    },
    /// Counts of values do not say in which order equal ones come, and the method splits them by it.
    #[error(
        "method `{method}` splits equal values by their order, which counts of values do not hold"
    )]
    NeedsOrder {
        /// The method's name.
        method: &'static str,
    },
    /// Counts of values leave out one that the method needs.
    #[error("the counts of values leave out some that method `{method}` needs")]
    LeftOut {
        /// The method's name.
        method: &'static str,
    },
    /// `qcut`: equal edges, where pandas refuses too.
    #[error("method `qcut` needs edges that differ, found {}", join(edges))]
    RepeatedEdges {
        /// All edges, from the minimum to the maximum.
        edges: Vec<f64>,
        /// Each edge that is there more than once.
        repeated: Vec<f64>,
    },
}

fn join(edges: &[f64]) -> String {
    let words: Vec<String> = edges.iter().map(ToString::to_string).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_method_with_that_name() {
        for name in Method::NAMES {
            let method = Method::from_name(name, &[1.0]).unwrap();
            assert_eq!(method.name(), name);
        }
        assert_eq!(Method::from_name("quintile", &[]), None);
    }
}
