//! Why a model was chosen, and whether customers change, in the three languages of the page.

use patron_stats::validation::{Against, Choice, Comparison};

use super::html::{LANGUAGES, escaped, put};
use crate::clv::{Drift, Half, NoDrift};

/// A sentence in English, 简体中文 and 繁體中文, with its numbers.
pub(super) struct Said([String; 3]);

impl Said {
    fn each(say: impl Fn(usize) -> String) -> Self {
        Self([0, 1, 2].map(say))
    }

    /// All three as paragraphs, of which a style shows one.
    pub(super) fn html(&self) -> String {
        let mut text = String::new();
        for (language, words) in LANGUAGES.iter().zip(&self.0) {
            let words = escaped(words);
            put(
                &mut text,
                format_args!(
                    "<p class=\"muted\" data-l=\"{language}\" lang=\"{language}\">{words}</p>"
                ),
            );
        }
        text
    }
}

/// Of three phrases that of a language.
const fn of(language: usize, words: [&'static str; 3]) -> &'static str {
    let [english, simplified, traditional] = words;
    match language {
        0 => english,
        1 => simplified,
        _ => traditional,
    }
}

/// Says why a model was chosen.
pub(super) fn choice(choice: &Choice) -> Said {
    Said::each(|language| {
        if language == 0 {
            choice.to_string()
        } else {
            chinese_choice(choice, language)
        }
    })
}

fn chinese_choice(choice: &Choice, language: usize) -> String {
    let gave = of(language, ["", "对", "對"]);
    let did = of(
        language,
        [
            "",
            "位客户的实际行为赋予了最高概率：对数平均值",
            "位客戶的實際行為賦予了最高機率：對數平均值",
        ],
    );
    let mut text = format!(
        "{}{gave} {} {did} {:.4}",
        spaced(&choice.key),
        choice.customers,
        choice.mean_log_score
    );
    if let Some((other, by)) = choice.runner_up() {
        text.push_str(&ahead(other, by, language));
    }
    for other in choice.others.iter().filter(|other| other.impossible > 0) {
        let words = of(
            language,
            [
                "",
                "位客户的实际行为被判为不可能",
                "位客戶的實際行為被判為不可能",
            ],
        );
        text.push_str(&format!(
            "；{}有 {} {words}",
            spaced(&other.key),
            other.impossible
        ));
    }
    text.push_str(&nearer(choice, language));
    text
}

/// Who came nearer to the numbers; that nobody did.
fn nearer(choice: &Choice, language: usize) -> String {
    let words = of(
        language,
        [
            "",
            "的数值更接近实际（均方误差小",
            "的數值更接近實際（均方誤差小",
        ],
    );
    let beaten_by = choice.beaten_by().map(|other| {
        let by = other.squared_error;
        let (smaller, error) = (-by.advantage, by.standard_error);
        format!("；但 {} {words} {smaller:.4} ± {error:.4}）", other.key)
    });
    let text: String = beaten_by.collect();
    if !text.is_empty() || choice.others.is_empty() {
        return text;
    }
    let nobody = [
        "",
        "；没有其他候选的数值明显更接近实际",
        "；沒有其他候選的數值明顯更接近實際",
    ];
    of(language, nobody).to_owned()
}

fn ahead(other: &Against, by: Comparison, language: usize) -> String {
    let how = if by.is_clear() {
        of(language, ["", "，明显领先于", "，明顯領先於"])
    } else {
        of(language, ["", "，难以区别于", "，難以區別於"])
    };
    let each = of(language, ["", "（每位客户", "（每位客戶"]);
    format!(
        "{how} {} {each} {:.4} ± {:.4}）",
        other.key, by.advantage, by.standard_error
    )
    .replace(" （", "（")
}

/// Latin words stand apart from Chinese ones.
fn spaced(key: &str) -> String {
    format!("{key} ")
}

/// Says what is expected of customers of either half, and whether that has changed.
pub(super) fn drift(drift: &Drift) -> Said {
    Said::each(|language| {
        if language == 0 {
            drift.to_string()
        } else {
            chinese_drift(drift, language)
        }
    })
}

fn chinese_drift(drift: &Drift, language: usize) -> String {
    let [first, second] = &drift.halves;
    let (days, freedom) = (drift.horizon_days, drift.degrees_of_freedom);
    let up_to = of(language, ["", "不晚于", "不晚於"]);
    let since = of(language, ["", "之后获得的客户预期", "之後獲得的客戶預期"]);
    let expects = of(language, ["", "获得的客户，", "獲得的客戶，"]);
    let in_days = of(language, ["", "天内", "天內"]);
    let expects_of = of(language, ["", "预期其最初", "預期其最初"]);
    let p = if drift.p_value < 1e-4 {
        "p < 0.0001".to_owned()
    } else {
        format!("p = {:.4}", drift.p_value)
    };
    let verdict = if drift.is_clear() {
        of(
            language,
            [
                "",
                "参数的变化超出偶然可以解释的程度",
                "參數的變化超出偶然可以解釋的程度",
            ],
        )
    } else {
        of(
            language,
            ["", "同一组参数对两者都适用", "同一組參數對兩者都適用"],
        )
    };
    let freedoms = of(language, ["", "自由度", "自由度"]);
    format!(
        "{up_to} {} {expects}{} {expects_of} {days} {in_days}{}；{} {since}{}；{verdict}（χ² = {:.1}，{freedoms} {freedom}，{p}）",
        drift.middle,
        drift.model,
        purchases(first, language),
        drift.middle,
        purchases(second, language),
        drift.statistic,
    )
}

fn purchases(half: &Half, language: usize) -> String {
    let words = of(language, ["", "次重复购买", "次重複購買"]);
    let bounds = match half.interval {
        Some(interval) => {
            let to = of(language, ["", "至", "至"]);
            format!("（{:.3} {to} {:.3}）", interval.low, interval.high)
        }
        None => String::new(),
    };
    format!(" {:.3} {words}{bounds}", half.expected_of_new)
}

/// Says why that cannot be told.
pub(super) fn no_drift(why: &NoDrift) -> Said {
    Said::each(|language| {
        if language == 0 {
            return why.to_string();
        }
        let since = of(
            language,
            [
                "",
                "之后获得的客户是否与之前的相似，无法判断：",
                "之後獲得的客戶是否與之前的相似，無法判斷：",
            ],
        );
        let cause = match why.too_few {
            Some([required, found]) => {
                let needs = of(
                    language,
                    [
                        "",
                        "每一半至少需要重复购买的客户数为",
                        "每一半至少需要重複購買的客戶數為",
                    ],
                );
                let seen = of(language, ["", "，实际为", "，實際為"]);
                format!("{needs} {required}{seen} {found}")
            }
            None => of(
                language,
                ["", "模型无法分别拟合两半数据", "模型無法分別擬合兩半資料"],
            )
            .to_owned(),
        };
        format!("{} {since}{cause}", why.since)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::Day;

    fn against(key: &str, advantage: f64, squared: f64) -> Against {
        let of = |advantage| Comparison {
            advantage,
            standard_error: 0.01,
        };
        Against {
            key: key.to_owned(),
            log_score: Some(of(advantage)),
            squared_error: of(squared),
            impossible: 3,
        }
    }

    #[track_caller]
    fn assert_numbers(said: &Said, numbers: &[&str]) {
        for (words, language) in said.0.iter().zip(LANGUAGES) {
            for number in numbers {
                assert!(words.contains(number), "{language}: {number}: {words}");
            }
        }
    }

    #[test]
    fn every_number_of_a_choice_is_in_the_chinese_words() {
        let chosen = Choice {
            index: 0,
            key: "pareto-nbd".to_owned(),
            customers: 2357,
            mean_log_score: -1.2345,
            root_mean_square: 1.6,
            others: vec![against("nbd", 0.5432, -0.0777), against("bg-nbd", 0.9, 0.2)],
        };
        let said = choice(&chosen);
        let numbers = [
            "pareto-nbd",
            "2357",
            "-1.2345",
            "nbd",
            "0.5432",
            "0.0777",
            "3 ",
        ];
        assert_numbers(&said, &numbers);
        let html = said.html();
        assert!(
            html.contains("明显领先于") && html.contains("明顯領先於"),
            "{html}"
        );
    }

    #[test]
    fn every_number_of_a_drift_is_in_the_chinese_words() {
        let half = |expected_of_new| Half {
            customers: 100,
            parameters: Vec::new(),
            expected_of_new,
            interval: None,
        };
        let drifted = drift(&Drift {
            model: "mbg-nbd".to_owned(),
            middle: Day(10_000),
            halves: [half(1.111), half(2.222)],
            horizon_days: 364,
            statistic: 12.3,
            degrees_of_freedom: 4,
            p_value: 0.0152,
        });
        let numbers = [
            "mbg-nbd",
            "1997-05-19",
            "1.111",
            "2.222",
            "364",
            "12.3",
            "0.0152",
        ];
        assert_numbers(&drifted, &numbers);
        let [_, simplified, traditional] = &drifted.0;
        assert!(simplified.contains("重复购买") && traditional.contains("重複購買"));
    }

    #[test]
    fn why_nothing_can_be_told_is_said_with_its_numbers() {
        let why = NoDrift {
            since: Day(10_000),
            too_few: Some([30, 7]),
            why: "need at least 30".to_owned(),
        };
        let [english, simplified, traditional] = no_drift(&why).0;
        assert!(english.contains("need at least 30"), "{english}");
        for words in [simplified, traditional] {
            assert!(words.contains("30") && words.contains('7'), "{words}");
            assert!(!words.contains("need"), "{words}");
        }
    }
}
