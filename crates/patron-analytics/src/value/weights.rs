//! How much each aspect weighs.

use patron_stats::weights::{Comparisons, entropy_weights};

use super::ingredients::Aspect;
use crate::settings::{SettingsError, ValueForm};

/// How weights are found.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Weighing {
    /// All weigh the same.
    #[default]
    Equal,
    /// As said, in the order of [`Aspect::ALL`].
    Given([f64; 5]),
    /// By comparing aspects in pairs (analytic hierarchy process): how many times as much one counts as the other.
    Compared(Vec<Vec<f64>>),
    /// By how far customers lie apart in each (entropy).
    Entropy,
}

/// Weights, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    pub(super) of: [f64; 5],
    pub(super) method: &'static str,
    /// How well comparisons hold together: above 0.1 they contradict each other.
    pub(super) ratio: Option<f64>,
}

impl Weighing {
    /// Reads `equal`, `entropy`, `compared` or weights by name; comparisons are those of a settings file.
    ///
    /// # Errors
    /// [`SettingsError::Value`].
    pub fn parse(text: Option<&str>, form: Option<&ValueForm>) -> Result<Self, SettingsError> {
        let comparisons = form.and_then(|form| form.comparisons.clone());
        let text = text.or_else(|| form?.weights.as_deref());
        let wrong = |value: &str, expected: &str| SettingsError::Value {
            setting: "value.weights",
            value: value.to_owned(),
            expected: expected.to_owned(),
        };
        match (text, comparisons) {
            (None, None) | (Some("equal"), _) => Ok(Self::Equal),
            (Some("entropy"), _) => Ok(Self::Entropy),
            (None | Some("compared"), Some(matrix)) => {
                let five = matrix.len() == 5;
                match Comparisons::new(&matrix) {
                    Ok(_) if five => Ok(Self::Compared(matrix)),
                    Ok(_) => Err(wrong("compared", "`comparisons` of five rows, one for each aspect")),
                    Err(error) => Err(wrong("compared", &format!("`comparisons` that can be used: {error}"))),
                }
            }
            (Some("compared"), None) => Err(wrong(
                "compared",
                "`comparisons` besides, under `[value]` in patron.toml",
            )),
            (Some(text), _) => given(text).ok_or_else(|| {
                wrong(
                    text,
                    "equal, entropy, compared, or weights such as current=2,future=2,loyalty=1,credit=1,growth=1",
                )
            }),
        }
    }

    /// Returns the weights, which add up to 1; `aspects` are the scores of customers of whom all are known, as columns.
    pub(super) fn weights(&self, aspects: &[Vec<f64>; 5]) -> Weights {
        let equal = [0.2; 5];
        match self {
            Self::Equal => Weights {
                of: equal,
                method: "equal",
                ratio: None,
            },
            Self::Given(of) => {
                let sum: f64 = of.iter().sum();
                Weights {
                    of: of.map(|weight| weight / sum),
                    method: "given",
                    ratio: None,
                }
            }
            Self::Compared(matrix) => {
                let found = Comparisons::new(matrix).ok();
                let of = found
                    .as_ref()
                    .and_then(|found| found.weights().try_into().ok());
                Weights {
                    of: of.unwrap_or(equal),
                    method: "compared",
                    ratio: found.map(|found| found.ratio()),
                }
            }
            Self::Entropy => {
                let found = entropy_weights(aspects).ok();
                let of = found.and_then(|found| found.weights.try_into().ok());
                Weights {
                    method: if of.is_some() { "entropy" } else { "equal" },
                    of: of.unwrap_or(equal),
                    ratio: None,
                }
            }
        }
    }
}

/// Weights by name, each aspect at most once; those not named weigh nothing.
fn given(text: &str) -> Option<Weighing> {
    let mut weights = [None; 5];
    for part in text.split(',') {
        let (name, weight) = part.split_once('=')?;
        let aspect = Aspect::ALL
            .iter()
            .position(|aspect| aspect.key() == name.trim())?;
        let weight: f64 = weight.trim().parse().ok()?;
        let slot = weights.get_mut(aspect).filter(|slot| slot.is_none())?;
        *slot = Some(weight).filter(|weight| weight.is_finite() && *weight >= 0.0);
        slot.as_ref()?;
    }
    let weights = weights.map(|weight| weight.unwrap_or(0.0));
    (weights.iter().sum::<f64>() > 0.0).then_some(Weighing::Given(weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_and_add_up() {
        let parse = |text| Weighing::parse(Some(text), None);
        let nobody = [const { Vec::new() }; 5];
        let weights = parse("current=3, credit=1").unwrap().weights(&nobody);
        let expected = [0.75, 0.0, 0.0, 0.25, 0.0];
        let pairs = weights.of.iter().zip(expected);
        assert!(
            pairs
                .into_iter()
                .all(|(of, expected)| (of - expected).abs() < 1e-12)
        );
        assert_eq!(parse("equal"), Ok(Weighing::Equal));
        for wrong in [
            "current",
            "current=-1",
            "current=0",
            "currant=1",
            "credit=1,credit=2",
            "compared",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn comparisons_are_checked() {
        let all_alike = vec![vec![1.0; 5]; 5];
        let form = |comparisons| ValueForm {
            weights: None,
            comparisons: Some(comparisons),
            steps: None,
        };
        let found = Weighing::parse(None, Some(&form(all_alike))).unwrap();
        let weights = found.weights(&[const { Vec::new() }; 5]);
        assert!(weights.of.iter().all(|weight| (weight - 0.2).abs() < 1e-12));
        assert!(weights.ratio.unwrap().abs() < 1e-9);
        let three = form(vec![vec![1.0; 3]; 3]);
        assert!(Weighing::parse(None, Some(&three)).is_err());
    }
}
