//! What is known of one customer's own rate of buying and own way of leaving.

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub standard_deviation: f64,
}

impl Moments {
    /// From the means of a quantity and of its square.
    pub(crate) fn from_raw(first: f64, second: f64) -> Self {
        Self {
            mean: first,
            standard_deviation: (second - first * first).max(0.0).sqrt(),
        }
    }
}

/// What a history says of the customer's own λ, and of what makes the customer leave.
///
/// ```text
/// E[λ^k | x, t, T]      and, for a model with dropout,      E[p^k | x, t, T] or E[μ^k | x, t, T]
/// ```
///
/// over those who are still there and those who have left, so both are known of a customer who has left, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// λ, purchases per model unit while the customer stays; or p, the probability of a purchase at an opportunity (BG/BB).
    pub rate: Moments,
    /// What makes the customer leave: p, the probability after a purchase (BG/NBD, MBG/NBD), μ, the rate per model unit
    /// (Pareto/NBD), η·b, that rate at the first purchase (GGom/NBD), or θ, the probability before an opportunity (BG/BB).
    /// Absent where nobody ever leaves.
    pub dropout: Option<Moments>,
}
