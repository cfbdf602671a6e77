//! Outlooks of customers of any age, read from curves: for forecasts under hundreds of drawn parameters.
//!
//! Given that a customer is still there, what is expected is a smooth function of age. On the scale `u = ln(1 + T/c)` it is analytic
//! in a strip wider than any panel, so sixteen nodes on a panel of length 1 give it to about 1e-12. Which panel serves an age depends
//! on nothing but the age: answers do not depend on who else is asked for.

use std::sync::OnceLock;

use crate::quadrature::{NODES, Panel};

/// Curves are kept for customers with fewer repeat purchases than this; others are computed one by one.
const KEPT: usize = 1024;

/// Panels of an x, the last of them ending at `e^48` time scales.
const PANELS: usize = 48;

/// M numbers by age: curves by repeat purchases and panel, each made when it is first needed.
#[derive(Debug)]
pub(super) struct Smooth<const M: usize> {
    /// c, the shortest time in which they change.
    scale: f64,
    kept: Vec<OnceLock<Box<Pieces<M>>>>,
}

/// The panels of an x.
type Pieces<const M: usize> = [OnceLock<Option<Piece<M>>>; PANELS];

/// Over the ages of one panel.
type Piece<const M: usize> = Box<[Panel; M]>;

impl<const M: usize> Smooth<M> {
    pub(super) fn new(scale: f64) -> Self {
        let kept = std::iter::repeat_with(OnceLock::new).take(KEPT);
        Self {
            scale,
            kept: kept.collect(),
        }
    }

    /// Returns the numbers at an age, `exact` telling them at the ages of the nodes; nothing where no curve serves it.
    pub(super) fn at(
        &self,
        repeat_purchases: u32,
        age: f64,
        exact: impl FnMut(f64) -> [f64; M],
    ) -> Option<[f64; M]> {
        let of_count = self.kept.get(repeat_purchases as usize)?;
        let pieces = of_count.get_or_init(|| Box::new(std::array::from_fn(|_| OnceLock::new())));
        let place = (age / self.scale).ln_1p();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the logarithm of a number of at least 1; what is too large or no number has no panel"
        )]
        let panel = place as usize;
        let piece = pieces
            .get(panel)?
            .get_or_init(|| piece(panel as f64, self.scale, exact));
        piece
            .as_ref()
            .map(|piece| Panel::values_at(piece.each_ref(), place))
    }
}

/// Nothing where a number has no end: there is no curve through infinity.
fn piece<const M: usize>(
    low: f64,
    scale: f64,
    exact: impl FnMut(f64) -> [f64; M],
) -> Option<Piece<M>> {
    let mut exact = exact;
    let told = Panel::places(low, low + 1.0).map(|place| exact(scale * place.exp_m1()));
    told.iter()
        .flatten()
        .all(|value| value.is_finite())
        .then(|| {
            Box::new(std::array::from_fn(|which| {
                let values = told.map(|all| all.get(which).copied().unwrap_or(f64::NAN));
                Panel::new(low, low + 1.0, &mut |_: &[f64; NODES]| values)
            }))
        })
}

#[cfg(test)]
mod tests {
    use crate::bg_nbd::{BgNbdParameters, FittedBgNbd};
    use crate::history::History;
    use crate::mbg_nbd::{FittedMbgNbd, MbgNbdParameters};
    use crate::pareto_nbd::{FittedParetoNbd, ParetoNbdParameters};
    use crate::purchase::{Expectations, PurchaseModel};

    /// Sixteen nodes give a panel to about 1e-12; the sums behind a node are exact to that, too, and curves magnify it little.
    const SAME: f64 = 1e-10;

    /// An age, discounted, from which on a panel's nodes miss the little that is left.
    const MOST_DISCOUNTED: f64 = 50.0;

    fn histories() -> Vec<History> {
        let counts = [0, 1, 2, 7, 60, 400, 1_500];
        let ages = [0.0, 0.3, 2.0, 25.9, 26.0, 103.9, 700.0, 1e5];
        let mut histories = Vec::new();
        for x in counts {
            for age in ages {
                for share in [0.0, 0.4, 0.999, 1.0] {
                    let recency = if x == 0 { 0.0 } else { share * age };
                    histories.extend(History::new(x, recency, age));
                }
            }
        }
        histories
    }

    fn models() -> Vec<Box<dyn PurchaseModel>> {
        let of = [
            (0.24, 4.4, 0.8, 2.4),
            (3.0, 90.0, 0.05, 40.0),
            (0.9, 0.2, 5.0, 0.3),
        ];
        let mut models: Vec<Box<dyn PurchaseModel>> = Vec::new();
        for (r, alpha, third, fourth) in of {
            let (a, b, s, beta) = (third, fourth, third, fourth * alpha);
            let bg = BgNbdParameters { r, alpha, a, b };
            let mbg = MbgNbdParameters { r, alpha, a, b };
            let pareto = ParetoNbdParameters { r, alpha, s, beta };
            models.push(Box::new(FittedBgNbd::from_parameters(bg).unwrap()));
            models.push(Box::new(FittedMbgNbd::from_parameters(mbg).unwrap()));
            models.push(Box::new(FittedParetoNbd::from_parameters(pareto).unwrap()));
        }
        models
    }

    #[test]
    fn curves_give_what_each_history_alone_would() {
        let histories = histories();
        for model in models() {
            for (horizon, rate) in [(0.0, 0.002), (52.2, 0.0), (52.2, 0.002), (3.0, 0.05)] {
                let forecaster = model.forecaster(horizon, rate).unwrap();
                // Beyond, hardly anything is left of any purchase.
                let histories: Vec<History> = histories
                    .iter()
                    .copied()
                    .filter(|history| history.age() * rate < MOST_DISCOUNTED)
                    .collect();
                let exact = forecaster.expect_all(&histories);
                let mut at = exact.iter().zip(&histories);
                forecaster.expect_smoothly(&histories, |told| {
                    let (exact, history) = at.next().unwrap();
                    let pick: [fn(&Expectations) -> f64; 4] = [
                        |told| told.probability_alive,
                        |told| told.purchases,
                        |told| told.discounted,
                        |told| told.lifetime,
                    ];
                    for (which, pick) in pick.into_iter().enumerate() {
                        let (found, exact) = (pick(&told), pick(exact));
                        // Where next to nobody is left, the odds are e^-700 and their error that of an exponent of 700.
                        let near = (found - exact).abs() <= SAME * exact.abs() + 1e-30;
                        let same = near || (found.is_infinite() && exact.is_infinite());
                        let key = (model.key(), model.named_parameters());
                        assert!(
                            same,
                            "{key:?} {history:?} {horizon} {rate} {which}: {found} {exact}"
                        );
                    }
                });
                assert!(at.next().is_none(), "one answer per history");
                let mut at = exact.iter().zip(&histories);
                forecaster.expect_purchases_smoothly(&histories, |found| {
                    let (exact, history) = at.next().unwrap();
                    let gap = (found - exact.purchases).abs();
                    assert!(gap <= SAME * exact.purchases + 1e-30, "{history:?} {gap}");
                });
                assert!(at.next().is_none(), "one answer per history");
            }
        }
    }
}
