//! What many drawn models expect of a customer with a given history.

use super::bounds::Bounds;
use super::{Interval, IntervalError, ParameterDraws};
use crate::history::{History, WeightedHistories};
use crate::purchase::{CountDistribution, Expectations, Forecaster, PurchaseModel};

/// Histories whose expectations under all draws are held at a time.
const BLOCK: usize = 256;

/// Intervals of what is expected of customers with one history after the end of observation.
///
/// The fields are those of [`Forecast`](crate::purchase::Forecast) that are expectations or probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastInterval {
    /// Of the probability of not having left.
    pub probability_alive: Interval,
    /// Of the expected purchases within the horizon.
    pub expected_purchases: Interval,
    /// Of the same, discounted.
    pub discounted_purchases: Interval,
    /// Of the same without end; its bounds may be infinite at a discount rate of 0.
    pub discounted_purchases_lifetime: Interval,
}

/// What is expected of customers with one history, with the uncertainty of the parameters in it: means over all draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastMean {
    /// Probability of not having left.
    pub probability_alive: f64,
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// The same, discounted.
    pub discounted_purchases: f64,
    /// The same without end; infinite where a draw has no end of it.
    pub discounted_purchases_lifetime: f64,
}

/// Intervals of what is expected of a whole customer base: of the sums, which is not the sums of the bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TotalInterval {
    /// Of the expected purchases of all within the horizon.
    pub expected_purchases: Interval,
    /// Of the same, discounted.
    pub discounted_purchases: Interval,
    /// Of the same without end.
    pub discounted_purchases_lifetime: Interval,
}

/// A purchase model under many draws of its parameters, prepared for one horizon, discount rate and level.
///
/// May be shared between threads. What it answers for a history depends neither on the others nor on their order.
#[derive(Debug)]
pub struct ExpectationForecaster {
    models: Vec<Box<dyn PurchaseModel>>,
    forecasters: Vec<Forecaster>,
    horizon: f64,
    bounds: Bounds,
}

impl ExpectationForecaster {
    /// Prepares forecasts over `horizon` model units, discounted at `discount_rate` per unit, under every draw.
    ///
    /// `model` says of which kind the draws are; its own parameters do not matter. 199 draws make the bounds of a 90 % interval
    /// the tenth draws from either end: drawing anew moves a bound by 9 % of half the width (one standard error).
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::TooFewDraws`]; [`IntervalError::DrawsOfOthers`];
    /// [`IntervalError::Forecast`] for a horizon or rate that no forecast has.
    ///
    /// # Numerics
    /// A forecast takes as many times longer as there are draws. Ask for each distinct history once, in
    /// [`work_order`](History::work_order).
    ///
    /// # Examples
    /// ```
    /// use patron_stats::bg_nbd::{BgNbdParameters, FittedBgNbd};
    /// use patron_stats::history::History;
    /// use patron_stats::intervals::{ExpectationForecaster, ParameterDraws};
    /// use patron_stats::purchase::PurchaseModel;
    /// use rand::SeedableRng;
    ///
    /// // CDNOW: estimates, and their covariance on record (here without its off-diagonals).
    /// let parameters = BgNbdParameters { r: 0.2426, alpha: 4.4136, a: 0.7929, b: 2.4259 };
    /// let model = FittedBgNbd::from_parameters(parameters)?;
    /// let mut covariance = vec![vec![0.0; 4]; 4];
    /// for (i, error) in [0.01256, 0.3782, 0.1857, 0.7054].into_iter().enumerate() {
    ///     covariance[i][i] = error * error;
    /// }
    /// let mut generator = rand_chacha::ChaCha12Rng::seed_from_u64(1);
    /// let draws = ParameterDraws::normal(&model.named_parameters(), &covariance, 199, &mut generator)?;
    /// let forecaster = ExpectationForecaster::new(&model, &draws, 39.0, 0.0, 0.9)?;
    /// let customer = History::new(2, 30.43, 38.86)?;
    /// let interval = forecaster.forecast(&customer).expected_purchases;
    /// assert!(interval.contains(model.expected_purchases(&customer, 39.0)?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        model: &dyn PurchaseModel,
        draws: &ParameterDraws,
        horizon: f64,
        discount_rate: f64,
        level: f64,
    ) -> Result<Self, IntervalError> {
        let bounds = Bounds::new(level, draws.draws().len())?;
        let expected = model.named_parameters().len();
        let models = draws
            .draws()
            .iter()
            .map(|draw| {
                let found = draw.len();
                let other = IntervalError::DrawsOfOthers { expected, found };
                model.with_parameters(draw).ok_or(other)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let forecasters = models
            .iter()
            .map(|model| model.forecaster(horizon, discount_rate))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            models,
            forecasters,
            horizon,
            bounds,
        })
    }

    /// Returns the intervals of one history.
    #[must_use]
    pub fn forecast(&self, history: &History) -> ForecastInterval {
        self.interval_at(&self.expectations(std::slice::from_ref(history)), 0)
    }

    /// Returns the intervals of many histories, in their order.
    ///
    /// Fastest when neighbours have equal repeat purchases and age, as after sorting by [`History::work_order`].
    #[must_use]
    pub fn forecast_all(&self, histories: &[History]) -> Vec<ForecastInterval> {
        let mut intervals = Vec::with_capacity(histories.len());
        for block in histories.chunks(BLOCK) {
            let drawn = self.expectations(block);
            intervals.extend((0..block.len()).map(|i| self.interval_at(&drawn, i)));
        }
        intervals
    }

    /// Returns the intervals of the expected purchases within the horizon alone, in the order of the histories.
    ///
    /// The bounds of [`ExpectationForecaster::forecast_all`] to about 1e-10 of themselves, in a part of its time: nothing is discounted.
    #[must_use]
    pub fn expected_purchases_all(&self, histories: &[History]) -> Vec<Interval> {
        let draws = self.bounds.draws();
        let mut intervals = Vec::with_capacity(histories.len());
        for block in histories.chunks(BLOCK) {
            let mut drawn = vec![0.0; draws * block.len()];
            for (draw, forecaster) in self.forecasters.iter().enumerate() {
                let mut slots = drawn.iter_mut().skip(draw).step_by(draws);
                forecaster.expect_purchases_smoothly(block, |expected| {
                    if let Some(slot) = slots.next() {
                        *slot = expected;
                    }
                });
            }
            let each = drawn.chunks_exact_mut(draws);
            intervals.extend(each.map(|values| self.bounds.of(values)));
        }
        intervals
    }

    /// Returns numbers of histories under every draw, those of one history side by side.
    pub(super) fn by_history<const M: usize>(
        &self,
        histories: &[History],
        pick: impl Fn(&Expectations) -> [f64; M],
    ) -> [Vec<f64>; M] {
        let draws = self.bounds.draws();
        let mut drawn = [(); M].map(|()| vec![0.0; draws * histories.len()]);
        for (draw, forecaster) in self.forecasters.iter().enumerate() {
            let mut place = draw;
            forecaster.expect_smoothly(histories, |expected| {
                for (all, value) in drawn.iter_mut().zip(pick(&expected)) {
                    if let Some(slot) = all.get_mut(place) {
                        *slot = value;
                    }
                }
                place += draws;
            });
        }
        drawn
    }

    /// Returns the means over all draws: the predictions themselves, where draws are from a posterior.
    #[must_use]
    pub fn mean(&self, history: &History) -> ForecastMean {
        let drawn = self.expectations(std::slice::from_ref(history));
        let mean = |pick: fn(&Expectations) -> f64| {
            let of_each = drawn.iter().flatten().map(pick);
            of_each.sum::<f64>() / drawn.len() as f64
        };
        ForecastMean {
            probability_alive: mean(|drawn| drawn.probability_alive),
            expected_purchases: mean(|drawn| drawn.purchases),
            discounted_purchases: mean(|drawn| drawn.discounted),
            discounted_purchases_lifetime: mean(|drawn| drawn.lifetime),
        }
    }

    /// Returns the intervals of the sums over a customer base.
    #[must_use]
    pub fn total(&self, base: &WeightedHistories) -> TotalInterval {
        let mut sums = vec![[0.0; 3]; self.bounds.draws()];
        for block in base.entries().chunks(BLOCK) {
            let histories: Vec<History> = block.iter().map(|(history, _)| *history).collect();
            for (sum, drawn) in sums.iter_mut().zip(self.expectations(&histories)) {
                for ((_, count), expected) in block.iter().zip(drawn) {
                    let of_one = [expected.purchases, expected.discounted, expected.lifetime];
                    for (sum, value) in sum.iter_mut().zip(of_one) {
                        *sum += *count as f64 * value;
                    }
                }
            }
        }
        let of = |pick: fn(&[f64; 3]) -> f64| {
            let mut values: Vec<f64> = sums.iter().map(pick).collect();
            self.bounds.of(&mut values)
        };
        TotalInterval {
            expected_purchases: of(|[expected, _, _]| *expected),
            discounted_purchases: of(|[_, discounted, _]| *discounted),
            discounted_purchases_lifetime: of(|[_, _, lifetime]| *lifetime),
        }
    }

    /// Returns the interval of any other number that follows from the parameters: the probability of a purchase, say, or what a new
    /// customer is expected to do.
    ///
    /// # Examples
    /// ```
    /// # use patron_stats::history::History;
    /// # use patron_stats::intervals::{ExpectationForecaster, ParameterDraws};
    /// # use patron_stats::nbd::{FittedNbd, NbdParameters};
    /// # use patron_stats::purchase::PurchaseModel;
    /// # use rand::SeedableRng;
    /// let model = FittedNbd::from_parameters(NbdParameters { r: 0.5, alpha: 10.0 })?;
    /// let covariance = [vec![0.0025, 0.05], vec![0.05, 1.5]];
    /// let mut generator = rand_chacha::ChaCha12Rng::seed_from_u64(1);
    /// let draws = ParameterDraws::normal(&model.named_parameters(), &covariance, 199, &mut generator)?;
    /// let forecaster = ExpectationForecaster::new(&model, &draws, 26.0, 0.0, 0.9)?;
    /// let new = History::NEW_CUSTOMER;
    /// let any = |model: &dyn PurchaseModel| model.probability_of_purchase(&new, 26.0).unwrap_or(f64::NAN);
    /// assert!(forecaster.interval_of(any).contains(any(&model)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn interval_of(&self, quantity: impl Fn(&dyn PurchaseModel) -> f64) -> Interval {
        let mut values: Vec<f64> = self
            .models
            .iter()
            .map(|model| quantity(model.as_ref()))
            .collect();
        self.bounds.of(&mut values)
    }

    /// Returns the distribution of one customer's purchases within the horizon, with the uncertainty of the parameters in it.
    ///
    /// The mean of the distributions under all draws. Its quantiles bound the **outcome**; a model alone takes its parameters for
    /// known, which narrows these bounds by the more the fewer customers it was fitted to.
    #[must_use]
    pub fn counts(&self, history: &History) -> CountDistribution {
        let of_each = self
            .models
            .iter()
            .map(|model| model.count_distribution(history, self.horizon));
        // The horizon was checked by `new`: none is left out.
        let counts: Vec<CountDistribution> = of_each.flatten().collect();
        CountDistribution::mixture(&counts)
    }

    /// Returns the expectations of histories, by draw.
    pub(super) fn expectations(&self, histories: &[History]) -> Vec<Vec<Expectations>> {
        let of = |forecaster: &Forecaster| {
            let mut expectations = Vec::with_capacity(histories.len());
            forecaster.expect_smoothly(histories, |expected| expectations.push(expected));
            expectations
        };
        self.forecasters.iter().map(of).collect()
    }

    pub(super) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    fn interval_at(&self, drawn: &[Vec<Expectations>], index: usize) -> ForecastInterval {
        interval_at(&self.bounds, drawn, index)
    }
}

/// Returns the intervals of the history at `index` from the expectations by draw.
pub(super) fn interval_at(
    bounds: &Bounds,
    drawn: &[Vec<Expectations>],
    index: usize,
) -> ForecastInterval {
    let mut values = Vec::with_capacity(drawn.len());
    let mut of = |pick: fn(&Expectations) -> f64| {
        values.clear();
        values.extend(drawn.iter().filter_map(|all| all.get(index)).map(pick));
        bounds.of(&mut values)
    };
    ForecastInterval {
        probability_alive: of(|drawn| drawn.probability_alive),
        expected_purchases: of(|drawn| drawn.purchases),
        discounted_purchases: of(|drawn| drawn.discounted),
        discounted_purchases_lifetime: of(|drawn| drawn.lifetime),
    }
}
