//! Customers as a model would make them.

use patron_stats::purchase::PurchaseModel;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{ClvError, Customer, CustomerId, Customers};

/// What is to be drawn.
#[derive(Debug, Clone, Copy)]
pub struct SimulateRequest {
    /// How many customers.
    pub customers: u64,
    /// For how long each is observed, in units of the model.
    pub age: f64,
    /// For how long each is followed after that.
    pub horizon: f64,
    /// The same seed draws the same customers.
    pub seed: u64,
}

/// Customers that were drawn, numbered from 1.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// With the purchases that followed.
    pub customers: Customers,
}

/// Draws customers.
///
/// # Errors
/// [`ClvError::Forecast`] for a time that is negative or not finite.
pub fn simulate(
    model: &dyn PurchaseModel,
    request: &SimulateRequest,
) -> Result<Simulated, ClvError> {
    let mut generator = ChaCha8Rng::seed_from_u64(request.seed);
    let mut customers = Customers::default();
    for _ in 0..request.customers {
        let drawn = model.simulate(&mut generator, request.age, request.horizon)?;
        customers.push(Customer {
            id: CustomerId::Row(customers.len() + 1),
            history: drawn.history,
            weight: 1,
            spend: None,
            ln_intervals: None,
            later: Some(u32::try_from(drawn.later.len()).unwrap_or(u32::MAX)),
            before: None,
        });
    }
    Ok(Simulated { customers })
}
