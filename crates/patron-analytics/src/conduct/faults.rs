//! Words by which a reason or a topic names a fault of the shop, the goods or the carrier: such things never count against a customer.

/// Faults of the goods, by how words begin.
const GOODS: [&str; 22] = [
    "fault",
    "defect",
    "damag",
    "broken",
    "wrong item",
    "missing item",
    "defekt",
    "beschädigt",
    "kaputt",
    "mangelhaft",
    "质量",
    "破损",
    "损坏",
    "瑕疵",
    "错发",
    "漏发",
    "少件",
    "品質",
    "破損",
    "損壞",
    "錯發",
    "漏發",
];

/// Faults of sending, as whole words.
const SENDING: [&str; 15] = [
    "late",
    "delay",
    "delayed",
    "out of stock",
    "not received",
    "verspätet",
    "nicht erhalten",
    "缺货",
    "缺貨",
    "延迟",
    "延遲",
    "未收到",
    "没收到",
    "未到货",
    "未到貨",
];

/// The words of a shop.
#[derive(Debug, Clone)]
pub(crate) struct FaultWords {
    goods: Vec<String>,
}

impl FaultWords {
    /// Takes a shop's own words for faults of the goods, else the usual ones.
    pub(crate) fn new(own: Option<&[String]>) -> Self {
        Self {
            goods: match own {
                Some(own) => own.iter().map(|word| word.to_lowercase()).collect(),
                None => GOODS.map(str::to_owned).to_vec(),
            },
        }
    }

    /// Whether a text names a fault of the goods.
    pub(crate) fn of_goods(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.goods.iter().any(|word| has(&text, word, false))
    }

    /// Whether a text names any fault: of the goods, or of sending.
    pub(crate) fn any(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.of_goods(text) || SENDING.iter().any(|word| has(&lower, word, true))
    }
}

/// Whether a word stands in a text: at the beginning of a word there and, if asked for, to its end. Scripts without gaps between
/// words know neither.
fn has(text: &str, word: &str, whole: bool) -> bool {
    let is_letter = |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_ascii_alphanumeric());
    let spaced = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..);
        let after = after.and_then(|after| after.chars().next());
        !spaced || !(is_letter(before) || whole && is_letter(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_from_words_that_only_look_like_them() {
        let words = FaultWords::new(None);
        for text in ["faulty", "Arrived DAMAGED", "商品破损", "wrong item sent"] {
            assert!(words.of_goods(text), "{text}");
        }
        for text in ["default", "changed mind", "late", "wrong size", ""] {
            assert!(!words.of_goods(text), "{text}");
        }
        for text in ["{\"topic\":\"late delivery\"}", "out of stock", "未收到货"] {
            assert!(words.any(text), "{text}");
        }
        for text in ["chocolate", "later", "question"] {
            assert!(!words.any(text), "{text}");
        }
    }

    #[test]
    fn a_shops_own_words_replace_those_of_goods() {
        let words = FaultWords::new(Some(&["Stale".to_owned()]));
        assert!(words.of_goods("stale tea") && !words.of_goods("faulty"));
        assert!(words.any("late"));
    }
}
