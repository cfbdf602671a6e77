//! What every model of repeat buying can say of a customer, whatever its law of leaving.
//!
//! All of them let a customer buy at random at an own rate λ, gamma distributed (r, α), and differ in how one leaves. So all
//! answers have two factors: the probability of being there at the end of observation, and the prospects of someone who
//! is. The last purchase matters to the first alone, and equal x and T mean equal prospects, unless purchases are more
//! regular than at random (BG/CNBD-k, MBG/CNBD-k).
//!
//! | module | question it answers |
//! |---|---|
//! | `model` | what can every fitted purchase model say? |
//! | `law` | what must a model know, so that all of this follows? |
//! | `arrivals` | how do purchases come while the customer stays? |
//! | `counts` | how many purchases will there be? |
//! | `rising` | how is a gamma function summed over histories? |
//! | `forecaster` | how to answer for a million customers |
//! | `outlooks` | how to answer for them under hundreds of drawn parameters |
//! | `posterior` | what is the customer's own rate, and own way of leaving? |
//! | `own` | what is expected of customers whose own rates are drawn? |
//! | `simulation` | what would customers do whom the model had made? |

mod arrivals;
mod counts;
mod forecaster;
mod law;
mod model;
mod outlooks;
mod own;
mod posterior;
mod rising;
mod simulation;

pub use counts::CountDistribution;
pub use forecaster::{Forecast, ForecastError, Forecaster};
pub use model::PurchaseModel;
pub use own::{KnownCustomer, OwnDraws, OwnForecast, TotalForecast};
pub use posterior::{Moments, Posterior};
pub use simulation::SimulatedCustomer;

pub(crate) use arrivals::{Arrivals, MOST_PURCHASES};
pub(crate) use forecaster::{Expectations, Outlook, check_discount_rate, check_horizon};
pub(crate) use law::{Law, Prospects};
pub(crate) use model::purchase_model;
pub(crate) use rising::Rising;
