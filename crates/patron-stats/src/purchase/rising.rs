//! Running sums that turn the gamma function of one history into that of the next larger x.

/// The sums up to some x.
///
/// ```text
/// ln Γ(r + x) − ln Γ(r) = Σ_{j<x} ln(r + j)
/// ```
///
/// Exact for any x, without a special function: nothing can overflow at x = 200 or 300.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rising {
    terms: u32,
    pub(crate) ln: f64,
    /// First derivative in r.
    pub(crate) first: f64,
    /// Second derivative in r.
    pub(crate) second: f64,
}

impl Rising {
    /// Goes on to x; histories come sorted by it.
    pub(crate) fn advance(&mut self, r: f64, repeat_purchases: u32) {
        while self.terms < repeat_purchases {
            let term = r + f64::from(self.terms);
            self.ln += term.ln();
            self.first += 1.0 / term;
            self.second -= 1.0 / (term * term);
            self.terms += 1;
        }
    }
}
