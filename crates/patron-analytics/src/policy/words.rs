//! Why somebody, in one line, in three languages.

use patron_segments::Language;

/// What there is to say of somebody.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reasons<'a> {
    /// Days since the last order.
    pub(super) recency_days: i32,
    /// Days between orders in the mean, with more than one.
    pub(super) usual_gap_days: Option<f64>,
    /// Orders so far.
    pub(super) orders: u64,
    /// The chance of still being a customer.
    pub(super) probability_alive: Option<f64>,
    /// The segment that is left by doing nothing, and in how many days.
    pub(super) leaves: Option<(&'a str, i32)>,
}

impl Reasons<'_> {
    pub(super) fn words(&self, language: Language) -> String {
        let parts = [
            Some(self.of_orders(language)),
            self.of_chance(language),
            self.of_leaving(language),
        ];
        let between = if language == Language::English {
            "; "
        } else {
            "；"
        };
        parts
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(between)
    }

    fn of_orders(&self, language: Language) -> String {
        let (days, orders) = (self.recency_days, self.orders);
        if orders <= 1 {
            return match language {
                Language::English => format!("one order, {days} days ago"),
                Language::SimplifiedChinese => format!("仅一单，在 {days} 天前"),
                Language::TraditionalChinese => format!("僅一單，在 {days} 天前"),
            };
        }
        let gap = self.usual_gap_days.filter(|gap| *gap >= 0.5);
        let usual = gap.map_or_else(String::new, |gap| match language {
            Language::English => format!(", usually every {gap:.0}"),
            Language::SimplifiedChinese | Language::TraditionalChinese => {
                format!("，通常每 {gap:.0} 天一次")
            }
        });
        match language {
            Language::English => format!("last of {orders} orders {days} days ago{usual}"),
            Language::SimplifiedChinese => format!("共 {orders} 单，最近一次在 {days} 天前{usual}"),
            Language::TraditionalChinese => {
                format!("共 {orders} 單，最近一次在 {days} 天前{usual}")
            }
        }
    }

    fn of_chance(&self, language: Language) -> Option<String> {
        let percent = format!("{:.0}", self.probability_alive? * 100.0);
        Some(match language {
            Language::English => format!("still a customer with {percent} %"),
            Language::SimplifiedChinese => format!("仍是客户的概率 {percent}%"),
            Language::TraditionalChinese => format!("仍是客戶的機率 {percent}%"),
        })
    }

    fn of_leaving(&self, language: Language) -> Option<String> {
        let (segment, days) = self.leaves?;
        Some(match language {
            Language::English => format!("leaves {segment} in {days} days by doing nothing"),
            Language::SimplifiedChinese => format!("若无购买，{days} 天后离开“{segment}”"),
            Language::TraditionalChinese => format!("若無購買，{days} 天後離開「{segment}」"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_known_in_each_language() {
        let mut reasons = Reasons {
            recency_days: 62,
            usual_gap_days: Some(30.4),
            orders: 5,
            probability_alive: Some(0.412),
            leaves: Some(("Loyal", 6)),
        };
        assert_eq!(
            reasons.words(Language::English),
            "last of 5 orders 62 days ago, usually every 30; still a customer with 41 %; leaves Loyal in 6 days by doing nothing"
        );
        assert_eq!(
            reasons.words(Language::SimplifiedChinese),
            "共 5 单，最近一次在 62 天前，通常每 30 天一次；仍是客户的概率 41%；若无购买，6 天后离开“Loyal”"
        );
        reasons = Reasons {
            usual_gap_days: None,
            orders: 1,
            probability_alive: None,
            leaves: None,
            ..reasons
        };
        assert_eq!(
            reasons.words(Language::TraditionalChinese),
            "僅一單，在 62 天前"
        );
    }
}
