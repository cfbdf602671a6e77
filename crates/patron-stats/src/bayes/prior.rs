//! What was known of a parameter before.

use super::BayesError;

/// The distribution of a positive parameter before the data are seen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Prior {
    /// Nothing: flat on the logarithm, within e^±18, the range that fits search. The posterior's mode, on the logarithms, is then where
    /// the likelihood is highest.
    FlatOnLogarithm,
    /// Flat on the parameter itself, within the same range.
    Flat,
    /// The logarithm is normal.
    LogNormal {
        /// The parameter is as likely above as below.
        median: f64,
        /// Standard deviation of the logarithm: 1.5 puts 95 % between a nineteenth and nineteen times the median.
        ln_standard_deviation: f64,
    },
    /// Gamma, of mean `shape/rate`.
    Gamma {
        /// Shape.
        shape: f64,
        /// Inverse scale.
        rate: f64,
    },
    /// Weibull: `P(> p) = e^−(p/scale)^shape`.
    Weibull {
        /// Shape.
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// The positive half of a normal distribution about 0.
    HalfNormal {
        /// Standard deviation of the whole.
        standard_deviation: f64,
    },
}

/// Logarithm of a density with its first two derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LnDensity {
    pub(super) value: f64,
    pub(super) first: f64,
    pub(super) second: f64,
}

impl Prior {
    /// Returns this prior, checked.
    pub(super) fn checked(self) -> Result<Self, BayesError> {
        let numbers = match self {
            Self::FlatOnLogarithm | Self::Flat => [1.0, 1.0],
            Self::LogNormal {
                median,
                ln_standard_deviation,
            } => [median, ln_standard_deviation],
            Self::Gamma { shape, rate } => [shape, rate],
            Self::Weibull { shape, scale } => [shape, scale],
            Self::HalfNormal { standard_deviation } => [standard_deviation, 1.0],
        };
        let positive = |number: &f64| *number > 0.0 && number.is_finite();
        match numbers.iter().find(|number| !positive(number)) {
            Some(value) => Err(BayesError::PriorOutsideDomain { value: *value }),
            None => Ok(self),
        }
    }

    /// Returns the density of `θ = ln p`, but for a constant factor, with its derivatives in θ.
    ///
    /// ```text
    /// density of θ = density of p · p
    ///
    /// log-normal    −(θ − ln m)²/2σ²
    /// gamma         k·θ − b·e^θ
    /// Weibull       k·θ − (e^θ/c)^k
    /// half-normal   θ − e^2θ/2σ²
    /// ```
    pub(super) fn on_logarithm(&self, theta: f64) -> LnDensity {
        let of = |value, first, second| LnDensity {
            value,
            first,
            second,
        };
        match *self {
            Self::FlatOnLogarithm => of(0.0, 0.0, 0.0),
            Self::Flat => of(theta, 1.0, 0.0),
            Self::LogNormal {
                median,
                ln_standard_deviation,
            } => {
                let precision = 1.0 / (ln_standard_deviation * ln_standard_deviation);
                let away = theta - median.ln();
                of(
                    -0.5 * precision * away * away,
                    -precision * away,
                    -precision,
                )
            }
            Self::Gamma { shape, rate } => {
                let scaled = rate * theta.exp();
                of(shape * theta - scaled, shape - scaled, -scaled)
            }
            Self::Weibull { shape, scale } => {
                let power = (shape * (theta - scale.ln())).exp();
                of(
                    shape * theta - power,
                    shape * (1.0 - power),
                    -shape * shape * power,
                )
            }
            Self::HalfNormal { standard_deviation } => {
                let square = (2.0 * (theta - standard_deviation.ln())).exp();
                of(theta - 0.5 * square, 1.0 - square, -2.0 * square)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: f64 = 1e-5;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 1e-9;

    const PRIORS: [Prior; 6] = [
        Prior::FlatOnLogarithm,
        Prior::Flat,
        Prior::LogNormal {
            median: 3.0,
            ln_standard_deviation: 1.5,
        },
        Prior::Gamma {
            shape: 2.5,
            rate: 0.4,
        },
        Prior::Weibull {
            shape: 2.0,
            scale: 10.0,
        },
        Prior::HalfNormal {
            standard_deviation: 3.0,
        },
    ];

    #[test]
    fn derivatives_equal_differences() {
        for prior in PRIORS {
            for theta in [-1.3, 0.2, 1.7] {
                let exact = prior.on_logarithm(theta);
                let up = prior.on_logarithm(theta + STEP);
                let down = prior.on_logarithm(theta - STEP);
                let slope = (up.value - down.value) / (2.0 * STEP);
                let bend = (up.first - down.first) / (2.0 * STEP);
                assert!(
                    (slope - exact.first).abs() < DIFFERENCE_TOLERANCE,
                    "{prior:?}"
                );
                assert!(
                    (bend - exact.second).abs() < DIFFERENCE_TOLERANCE,
                    "{prior:?}"
                );
            }
        }
    }

    /// Ratios of the densities at 6 and 1.5, by hand: 1/4 (as far above the median as below), 8·e^−1.8, 4·e^−0.3375, e^−1.875.
    #[test]
    fn densities_are_those_of_their_names() {
        let ratios = [
            (PRIORS[2], 0.25),
            (PRIORS[3], 1.322_391),
            (PRIORS[4], 2.854_208),
            (PRIORS[5], 0.153_355),
        ];
        for (prior, ratio) in ratios {
            let (low, high) = (1.5_f64.ln(), 6.0_f64.ln());
            // Of the parameter, not of its logarithm.
            let ln = |theta: f64| prior.on_logarithm(theta).value - theta;
            let found = (ln(high) - ln(low)).exp();
            assert!((found / ratio - 1.0).abs() < 1e-5, "{prior:?}: {found}");
        }
    }

    #[test]
    fn a_prior_has_positive_numbers() {
        let prior = Prior::Gamma {
            shape: 1.0,
            rate: -2.0,
        };
        let error = BayesError::PriorOutsideDomain { value: -2.0 };
        assert_eq!(prior.checked(), Err(error));
    }
}
