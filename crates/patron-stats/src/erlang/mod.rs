//! The law that BG/CNBD-k and MBG/CNBD-k share: [`beta_geometric`](crate::beta_geometric) with more regular purchases.
//!
//! A purchase takes k stages, and stages come at random at the customer's own rate λ, gamma distributed (r, α): the times
//! between purchases are Erlang-k. With k = 1 a stage is a purchase. Given that a customer is still there, j stages since the
//! last purchase are done, 0 ≤ j < k, with
//!
//! ```text
//! P(j | history, alive) ∝ Γ(r + k·x + j)/j! · ((T − t)/(α + T))^j
//! λ | j, history, alive ~ Gamma(r + k·x + j, α + T)        p | history, alive ~ Beta(a, b′)
//! ```
//!
//! so that every answer is a sum over j of what stages to come say, and the last purchase matters to the living, too.
//!
//! | module | question it answers |
//! |---|---|
//! | `likelihood` | how likely are the histories, and which way is uphill? |
//! | `fitting` | which parameters, and which k, make them likeliest? |
//! | `alive` | what lies before a customer who is still there? |
//! | `discount` | what are the purchases to come worth today? |
//! | `law` | how does all this become a purchase model? |

mod alive;
mod discount;
mod fitting;
mod law;
mod likelihood;

pub(crate) use fitting::{Choice, fit};

use crate::beta_geometric::BetaGeometric;
use crate::purchase::Arrivals;
use crate::regularity::{MOST_STAGES, Stages};

/// Parameters with the number of stages; α is in time per stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Erlang {
    pub(crate) stages: Stages,
    pub(crate) base: BetaGeometric,
}

/// What is known of a customer who is still there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alive {
    /// k.
    stages: u32,
    /// R = r + k·x and A = α + T: stages to come if none is done.
    none_done: Arrivals,
    /// P(j), zero from k on.
    done: [f64; MOST_STAGES as usize],
    /// a.
    a: f64,
    /// b′ = b + coins survived.
    b: f64,
}

impl Alive {
    /// Returns, for every number j of stages done: j, its probability, and the stages to come.
    fn by_stages_done(&self) -> impl Iterator<Item = (u32, f64, Arrivals)> {
        let Arrivals { shape, time } = self.none_done;
        let of = move |(j, weight): (u32, f64)| {
            let shape = shape + f64::from(j);
            (j, weight, Arrivals { shape, time })
        };
        (0..self.stages).zip(self.done).map(of)
    }
}
