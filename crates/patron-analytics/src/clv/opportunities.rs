//! BG/BB: purchases where there are opportunities, one after the other.

use patron_stats::bg_bb::{BgBbConfig, FittedBgBb, OpportunityHistories, OpportunityHistory};

use super::{Base, ClvError, Customer};

const MODEL: &str = "bg-bb";

/// Customers as BG/BB sees them, in the order of the base.
///
/// Of a summary, `frequency`, `recency` and `T` are opportunities. Of orders, every unit after a customer's first purchase is one
/// opportunity, used where anything was bought in it; the unit that is not over at the end of calibration is none yet.
///
/// # Errors
/// [`ClvError::Opportunities`].
pub fn opportunities(base: &Base) -> Result<Vec<OpportunityHistory>, ClvError> {
    let customers = base.customers.iter();
    customers
        .map(|customer| match &base.days {
            Some(_) => of_days(base, &customer),
            None => of_numbers(&customer),
        })
        .collect()
}

fn of_numbers(customer: &Customer<'_>) -> Result<OpportunityHistory, ClvError> {
    let history = &customer.history;
    let refused = |problem: String| ClvError::Opportunities {
        customer: customer.id.to_string(),
        problem,
    };
    let whole = |what: &str, time: f64| {
        let count = whole(time.round());
        if (f64::from(count) - time).abs() > 1e-9 {
            return Err(refused(format!(
                "{what} is {time}, expected a whole number of opportunities"
            )));
        }
        Ok(count)
    };
    let (last, all) = (
        whole("recency", history.recency())?,
        whole("T", history.age())?,
    );
    let history = OpportunityHistory::new(history.repeat_purchases(), last, all);
    history.map_err(|error| refused(error.to_string()))
}

fn of_days(base: &Base, customer: &Customer<'_>) -> Result<OpportunityHistory, ClvError> {
    let refused = |problem: String| ClvError::Opportunities {
        customer: customer.id.to_string(),
        problem,
    };
    let bought = base
        .days
        .as_ref()
        .and_then(|days| days.of(&customer.id.text()));
    let (Some(bought), Some(end)) = (bought, base.calibration_end) else {
        return Ok(OpportunityHistory::NEW_CUSTOMER);
    };
    let Some((first, _)) = bought.days.first() else {
        return Ok(OpportunityHistory::NEW_CUSTOMER);
    };
    let unit = base.unit.days();
    let all =
        whole((f64::from(end.days_since(*first) + 1) / unit + 1e-9).floor()).saturating_sub(1);
    let place =
        |day: patron_core::Day| whole((f64::from(day.days_since(*first)) / unit + 1e-9).floor());
    let days = bought.days.iter().map(|(day, _)| place(*day));
    let mut used: Vec<u32> = days.filter(|place| (1..=all).contains(place)).collect();
    used.dedup();
    let count = u32::try_from(used.len()).unwrap_or(u32::MAX);
    let history = OpportunityHistory::new(count, used.last().copied().unwrap_or(0), all);
    history.map_err(|error| refused(error.to_string()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded number of units from 0 on"
)]
const fn whole(units: f64) -> u32 {
    units as u32
}

/// Fits BG/BB.
///
/// # Errors
/// [`ClvError::Fit`].
pub fn fit_opportunities(
    base: &Base,
    histories: &[OpportunityHistory],
) -> Result<FittedBgBb, ClvError> {
    let weights = base.customers.iter().map(|customer| customer.weight);
    let counted = OpportunityHistories::new(histories.iter().copied().zip(weights));
    let fitted = BgBbConfig::default().build().fit(&counted);
    fitted.map_err(|source| ClvError::Fit {
        model: MODEL,
        source,
    })
}
