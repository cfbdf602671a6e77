//! The net promoter score with its interval.

use crate::intervals::Interval;
use crate::level::Level;

/// Why there is no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PromoterError {
    /// Nobody answered.
    #[error("no answers, expected at least one")]
    NobodyAnswered,
    /// An answer lies beyond the scale.
    #[error("an answer of {answer}, expected 0 to 10")]
    AnswerOutsideDomain {
        /// The answer.
        answer: u8,
    },
}

/// How many answered what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// 9 and 10.
    pub promoters: u64,
    /// 7 and 8.
    pub passives: u64,
    /// 0 to 6.
    pub detractors: u64,
}

/// The score of some answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetPromoterScore {
    /// Share of promoters less share of detractors, times 100.
    pub score: f64,
    /// Between which bounds the score of all who might have answered lies.
    pub interval: Interval,
    /// The same with an answer more on either side: for fewer than some thirty answers.
    pub adjusted: Interval,
    /// How many answered.
    pub answers: u64,
}

impl Answers {
    /// Counts answers from 0 to 10.
    ///
    /// # Errors
    /// [`PromoterError::AnswerOutsideDomain`].
    pub fn count(answers: impl IntoIterator<Item = u8>) -> Result<Self, PromoterError> {
        let mut counted = Self::default();
        for answer in answers {
            match answer {
                0..=6 => counted.detractors += 1,
                7 | 8 => counted.passives += 1,
                9 | 10 => counted.promoters += 1,
                _ => return Err(PromoterError::AnswerOutsideDomain { answer }),
            }
        }
        Ok(counted)
    }

    /// Returns how many answered.
    #[must_use]
    pub const fn answered(self) -> u64 {
        self.promoters + self.passives + self.detractors
    }

    /// Returns the net promoter score.
    ///
    /// # Model
    ///
    /// ```text
    /// NPS = 100·s        s = (p − d)/n        interval s ± z·√(Var s / n)        Var s = (p + d)/n − s²
    /// ```
    ///
    /// Each answer counts +1, 0 or −1, and Var is their variance. With few answers that is too narrow, and of no width where all say
    /// the same; `adjusted` is the same with an answer more on either side (p + 1, d + 1, n + 2). Both are cut off at ±100. Those who
    /// answer are not those who do not: no interval counts that.
    ///
    /// # Errors
    /// [`PromoterError::NobodyAnswered`].
    ///
    /// # Source
    /// Reichheld (2003), The one number you need to grow; Bonett, Price (2012), Adjusted Wald confidence interval for a difference of
    /// binomial proportions based on paired data, for the answers added.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::{level::Level, promoters::Answers};
    ///
    /// let found = Answers::count([10, 9, 9, 8, 7, 3, 10, 6, 9, 10])?.score(Level::NINETY_FIVE)?;
    /// assert!((found.score - 40.0).abs() < 1e-12 && found.interval.contains(0.0));
    /// # Ok::<(), patron_stats::promoters::PromoterError>(())
    /// ```
    pub fn score(self, level: Level) -> Result<NetPromoterScore, PromoterError> {
        let answers = self.answered();
        if answers == 0 {
            return Err(PromoterError::NobodyAnswered);
        }
        let (promoters, detractors, n) = (
            self.promoters as f64,
            self.detractors as f64,
            answers as f64,
        );
        let z = level.normal();
        Ok(NetPromoterScore {
            score: 100.0 * (promoters - detractors) / n,
            interval: interval(promoters, detractors, n, z),
            adjusted: interval(promoters + 1.0, detractors + 1.0, n + 2.0, z),
            answers,
        })
    }
}

fn interval(promoters: f64, detractors: f64, answers: f64, z: f64) -> Interval {
    let net = (promoters - detractors) / answers;
    let variance = ((promoters + detractors) / answers - net * net).max(0.0);
    let half = z * (variance / answers).sqrt();
    Interval {
        low: 100.0 * (net - half).max(-1.0),
        high: 100.0 * (net + half).min(1.0),
    }
}
