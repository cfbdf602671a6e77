//! The parts of the page.

use super::chart::{Chart, Series};
use super::html::{Words, escaped, folded, number, section, table};
use super::reasons;
use crate::clv::rolling::Rolling;
use crate::clv::{Base, Candidate, Evaluated, Tracked};
use crate::settings::Unit;

/// The heading of the page.
pub(super) const TITLE: Words = Words([
    "Models held against what came",
    "模型与实际结果的对照",
    "模型與實際結果的對照",
]);
const BOUGHT: Words = Words(["bought", "实际购买", "實際購買"]);
const EXPECTED: Words = Words(["expected", "预期", "預期"]);
const MODEL: Words = Words(["model or baseline", "模型或基准", "模型或基準"]);
const CUSTOMERS: Words = Words(["customers", "客户数", "客戶數"]);
const PURCHASES: Words = Words(["repeat purchases", "重复购买次数", "重複購買次數"]);
const MEAN: Words = Words([
    "purchases per customer",
    "每位客户的购买次数",
    "每位客戶的購買次數",
]);
const FIGURES: Words = Words(["The figures", "数据表", "資料表"]);

/// The heading, and of whom the page is.
pub(super) fn head(base: &Base, evaluated: &Evaluated) -> String {
    let mut text =
        "<nav aria-label=\"Language\"><button type=\"button\" value=\"en\">English</button>\
        <button type=\"button\" value=\"zh-Hans\" lang=\"zh-Hans\">简体中文</button>\
        <button type=\"button\" value=\"zh-Hant\" lang=\"zh-Hant\">繁體中文</button></nav>"
            .to_owned();
    text.push_str(&format!("<h1>{}</h1><p class=\"muted\">", TITLE.html()));
    text.push_str(&format!("{}: {}", CUSTOMERS.html(), base.len()));
    if let Some(end) = base.calibration_end {
        let words = Words([
            "fitted to purchases up to",
            "拟合数据截止于",
            "擬合資料截止於",
        ]);
        text.push_str(&format!(" · {} {end}", words.html()));
    }
    if let Some(end) = base.holdout_end {
        let words = Words([
            "held against those up to",
            "对照数据截止于",
            "對照資料截止於",
        ]);
        text.push_str(&format!(" · {} {end}", words.html()));
    } else if let Some(horizon) = evaluated.horizon {
        let words = Words(["length of the holdout", "对照期长度", "對照期長度"]);
        let unit = match base.unit {
            Unit::Day => Words(["days", "天", "天"]),
            Unit::Week => Words(["weeks", "周", "週"]),
            Unit::Month => Words(["months", "个月", "個月"]),
        };
        let (words, unit) = (words.html(), unit.html());
        text.push_str(&format!(" · {words}: {} {unit}", number(horizon)));
    }
    text.push_str("</p>");
    text
}

/// Which model is best; whether a baseline came nearer.
pub(super) fn choice(evaluated: &Evaluated) -> String {
    let Some(choice) = &evaluated.choice else {
        return String::new();
    };
    let words = Words([
        "The highest probability of what came was given by",
        "赋予实际结果最高概率的模型：",
        "賦予實際結果最高機率的模型：",
    ]);
    let mut text = format!(
        "<p>{} <strong>{}</strong></p>",
        words.html(),
        escaped(&choice.key)
    );
    for other in choice.beaten_by() {
        let words = Words([
            "came clearly nearer to the numbers (smaller mean squared error): do not trust the model's numbers more than it",
            "的数值明显更接近实际（均方误差更小）：模型的数值不应比它更可信",
            "的數值明顯更接近實際（均方誤差更小）：模型的數值不應比它更可信",
        ]);
        let key = escaped(&other.key);
        text.push_str(&format!(
            "<p class=\"note\"><strong>{key}</strong> {}</p>",
            words.html()
        ));
    }
    text.push_str(&reasons::choice(choice).html());
    section(Words(["Which is best", "哪个最好", "哪個最好"]), &text)
}

/// All measures, row by row.
pub(super) fn measures(evaluated: &Evaluated) -> String {
    let header = [
        MODEL,
        Words(["log score", "对数得分", "對數得分"]),
        EXPECTED,
        BOUGHT,
        Words(["bias", "偏差", "偏差"]),
        Words(["MAE", "平均绝对误差", "平均絕對誤差"]),
        Words(["RMSE", "均方根误差", "均方根誤差"]),
        Words(["top tenth", "前十分之一占比", "前十分之一佔比"]),
    ];
    let measured: Vec<&Candidate> = measured(evaluated).collect();
    let rows = measured.iter().filter_map(|candidate| {
        let found = candidate.evaluation.as_ref()?;
        let score = found.log_score.as_ref().map(|score| score.mean);
        let numbers = [
            score.unwrap_or(f64::NAN),
            found.errors.predicted,
            found.errors.actual,
            found.errors.bias,
            found.errors.mean_absolute,
            found.errors.root_mean_square,
            found.top_decile_capture.unwrap_or(f64::NAN),
        ];
        let key = std::iter::once(escaped(&candidate.key));
        Some(key.chain(numbers.map(number)).collect())
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let chosen = evaluated.choice.as_ref().map(|choice| &choice.key);
    let best = measured
        .iter()
        .position(|candidate| Some(&candidate.key) == chosen);
    let header = header.map(Words::html);
    section(
        Words(["Measures", "评估指标", "評估指標"]),
        &table(&header, &rows, best),
    )
}

fn measured(evaluated: &Evaluated) -> impl Iterator<Item = &Candidate> {
    let candidates = evaluated.candidates.iter();
    candidates.filter(|candidate| candidate.evaluation.is_some())
}

/// Purchases as they add up.
pub(super) fn tracking(evaluated: &Evaluated) -> String {
    let Some(tracked) = &evaluated.tracked else {
        return String::new();
    };
    let cumulative = Words([
        "Repeat purchases since the beginning",
        "累计重复购买",
        "累計重複購買",
    ]);
    let incremental = Words([
        "Repeat purchases in each period",
        "各期重复购买",
        "各期重複購買",
    ]);
    let plain = tracks(tracked, <[f64]>::to_vec);
    let gained = tracks(tracked, Tracked::incremental);
    let charts = format!(
        "<div class=\"charts\">{}{}</div>",
        track_chart(tracked, cumulative, plain.clone()).html(),
        track_chart(tracked, incremental, gained.clone()).html()
    );
    let words = Words([
        "Of customers won up to the end of fitting. A model knows when they were won, nothing of what they did since.",
        "仅含拟合期结束前获得的客户。模型只知道获客时间，不知道其后的行为。",
        "僅含擬合期結束前獲得的客戶。模型只知道獲客時間，不知道其後的行為。",
    ]);
    let mut header = vec![Words(["period up to", "期末", "期末"]).html()];
    header.extend(plain.iter().map(|series| series.name.clone()));
    let figures = |series: &[Series]| {
        let rows = (0..tracked.actual.len()).map(|place| {
            let mut row = vec![tracked.last_day(place).to_string()];
            let values = series.iter().map(|series| series.values.get(place));
            row.extend(values.map(|value| number(value.copied().unwrap_or(f64::NAN))));
            row
        });
        table(&header, &rows.collect::<Vec<_>>(), None)
    };
    let text = format!(
        "<p class=\"muted\">{}</p>{charts}{}{}",
        words.html(),
        folded(
            Words(["The figures, added up", "累计数据表", "累計資料表"]),
            &figures(&plain)
        ),
        folded(
            Words(["The figures of each period", "各期数据表", "各期資料表"]),
            &figures(&gained)
        ),
    );
    section(Words(["Tracking", "走势对照", "走勢對照"]), &text)
}

fn tracks(tracked: &Tracked, of: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Series> {
    let seen = Series {
        name: BOUGHT.html(),
        values: of(&tracked.actual),
    };
    let models = tracked.expected.iter().map(|(key, values)| Series {
        name: escaped(key),
        values: of(values),
    });
    std::iter::once(seen).chain(models).collect()
}

fn track_chart(tracked: &Tracked, caption: Words, series: Vec<Series>) -> Chart {
    let periods = tracked.actual.len();
    let every = periods.div_ceil(4).max(1);
    let ticks = (every / 2..periods).step_by(every);
    let known = tracked.calibration_end.days_since(tracked.first_day) + 1;
    Chart {
        caption,
        along: Words(["end of the period", "期末日期", "期末日期"]),
        up: PURCHASES,
        ticks: ticks
            .map(|place| (place, tracked.last_day(place).to_string()))
            .collect(),
        series,
        // The first period ends at place 0.
        cut: Some((
            f64::from(known) / f64::from(tracked.period_days) - 1.0,
            Words(["fitted up to here", "拟合至此", "擬合至此"]),
        )),
        dots: false,
    }
}

/// Expected and actual purchases of like customers.
pub(super) fn calibration(evaluated: &Evaluated) -> String {
    let chosen = evaluated.choice.as_ref().map(|choice| &choice.key);
    let best = measured(evaluated).find(|candidate| Some(&candidate.key) == chosen);
    let Some(best) = best.or_else(|| measured(evaluated).next()) else {
        return String::new();
    };
    let text = format!(
        "<div class=\"charts\">{}{}</div>{}",
        decile_chart(best).html(),
        frequency_chart(evaluated).html(),
        folded(FIGURES, &calibration_tables(evaluated)),
    );
    section(Words(["Calibration", "校准", "校準"]), &text)
}

fn decile_chart(best: &Candidate) -> Chart {
    let deciles = best
        .evaluation
        .as_ref()
        .map(|found| found.deciles.as_slice());
    let deciles = deciles.unwrap_or_default();
    Chart {
        caption: Words([
            "By tenths of what the best model expects",
            "按最佳模型预期值的十分位",
            "按最佳模型預期值的十分位",
        ]),
        along: Words([
            "tenth of customers, lowest expectation first",
            "客户十分位（预期从低到高）",
            "客戶十分位（預期從低到高）",
        ]),
        up: MEAN,
        ticks: (0..deciles.len())
            .map(|place| (place, (place + 1).to_string()))
            .collect(),
        series: vec![
            Series {
                name: BOUGHT.html(),
                values: deciles.iter().map(|group| group.actual).collect(),
            },
            Series {
                name: format!("{}: {}", EXPECTED.html(), escaped(&best.key)),
                values: deciles.iter().map(|group| group.predicted).collect(),
            },
        ],
        cut: None,
        dots: true,
    }
}

fn frequency_chart(evaluated: &Evaluated) -> Chart {
    let first = measured(evaluated).next();
    let groups = first.map_or(&[][..], |candidate| &candidate.by_frequency);
    let label = |group: &crate::clv::FrequencyGroup| match group.to {
        Some(_) => group.from.to_string(),
        None => format!("{}+", group.from),
    };
    let seen = Series {
        name: BOUGHT.html(),
        values: groups.iter().map(|group| group.actual).collect(),
    };
    let expected = measured(evaluated).map(|candidate| {
        let values = candidate.by_frequency.iter();
        Series {
            name: escaped(&candidate.key),
            values: values.map(|group| group.predicted).collect(),
        }
    });
    Chart {
        caption: Words([
            "By repeat purchases so far",
            "按已有重复购买次数",
            "按已有重複購買次數",
        ]),
        along: Words([
            "repeat purchases up to the end of fitting",
            "拟合期内的重复购买次数",
            "擬合期內的重複購買次數",
        ]),
        up: MEAN,
        ticks: groups.iter().map(label).enumerate().collect(),
        series: std::iter::once(seen).chain(expected).collect(),
        cut: None,
        dots: true,
    }
}

fn calibration_tables(evaluated: &Evaluated) -> String {
    let mut rows = Vec::new();
    for candidate in measured(evaluated) {
        let Some(found) = &candidate.evaluation else {
            continue;
        };
        for (place, group) in found.deciles.iter().enumerate() {
            let tenth = format!("{} · {}/10", escaped(&candidate.key), place + 1);
            let numbers = [group.customers, group.predicted, group.actual].map(number);
            rows.push(std::iter::once(tenth).chain(numbers).collect());
        }
        for group in &candidate.by_frequency {
            let name = format!("{} · x = {}", escaped(&candidate.key), group.from);
            let more = if group.to.is_none() { "+" } else { "" };
            let numbers = [group.customers as f64, group.predicted, group.actual].map(number);
            rows.push(
                std::iter::once(format!("{name}{more}"))
                    .chain(numbers)
                    .collect(),
            );
        }
    }
    let header = [MODEL, CUSTOMERS, EXPECTED, BOUGHT].map(Words::html);
    table(&header, &rows, None)
}

/// Whether customers change.
pub(super) fn drift(evaluated: &Evaluated) -> String {
    let heading = Words([
        "Customers won lately and before",
        "近期与早期获得的客户",
        "近期與早期獲得的客戶",
    ]);
    let found = match &evaluated.drift {
        None => return String::new(),
        Some(Err(why)) => return section(heading, &reasons::no_drift(why).html()),
        Some(Ok(found)) => found,
    };
    let verdict = if found.is_clear() {
        Words([
            "They differ by more than chance explains.",
            "差异超出偶然可以解释的程度。",
            "差異超出偶然可以解釋的程度。",
        ])
    } else {
        Words([
            "One set of parameters does for both.",
            "同一组参数对两者都适用。",
            "同一組參數對兩者都適用。",
        ])
    };
    let [first, second] = &found.halves;
    let up_to = Words(["won up to", "获客不晚于", "獲客不晚於"]);
    let since = Words(["won since", "获客晚于", "獲客晚於"]);
    let half = Words(["half of the time", "时间的一半", "時間的一半"]);
    let mut header = vec![half.html(), CUSTOMERS.html()];
    let names = first.parameters.iter();
    header.extend(names.map(|(name, _)| escaped(name)));
    header.push(
        Words([
            "expected of a new one",
            "新客户的预期购买",
            "新客戶的預期購買",
        ])
        .html(),
    );
    let row = |words: Words, half: &crate::clv::Half| {
        let values = half.parameters.iter().map(|(_, value)| number(*value));
        let mut row = vec![
            format!("{} {}", words.html(), found.middle),
            half.customers.to_string(),
        ];
        row.extend(values);
        row.push(number(half.expected_of_new));
        row
    };
    let rows = [row(up_to, first), row(since, second)];
    let text = format!(
        "<p>{}</p>{}{}",
        verdict.html(),
        table(&header, &rows, None),
        reasons::drift(found).html()
    );
    section(heading, &text)
}

/// The back-test at several days.
pub(super) fn rolling(found: &Rolling) -> String {
    let mut header = vec![MODEL.html()];
    header.extend(found.origins.iter().map(ToString::to_string));
    header.push(Words(["log score of all", "总对数得分", "總對數得分"]).html());
    header.push(Words(["RMSE of all", "总均方根误差", "總均方根誤差"]).html());
    let rows = found.candidates.iter().map(|candidate| {
        let mut row = vec![escaped(&candidate.key)];
        row.extend(candidate.at.iter().map(|at| match at.sums {
            Some([expected, actual]) => format!("{} / {}", number(expected), number(actual)),
            None => "–".to_owned(),
        }));
        let all = candidate.evaluation.as_ref();
        let score = all.and_then(|all| all.log_score.as_ref());
        row.push(number(score.map_or(f64::NAN, |score| score.mean)));
        row.push(number(
            all.map_or(f64::NAN, |all| all.errors.root_mean_square),
        ));
        row
    });
    let chosen = found.choice.as_ref().map(|choice| &choice.key);
    let keys = found.candidates.iter();
    let best = keys
        .map(|candidate| &candidate.key)
        .position(|key| Some(key) == chosen);
    let words = Words([
        "Fitted at each day, held against the same time after it: expected / bought.",
        "在每个日期拟合，并与其后相同长度的时间对照：预期 / 实际。",
        "在每個日期擬合，並與其後相同長度的時間對照：預期 / 實際。",
    ]);
    let mut text = format!(
        "<p class=\"muted\">{}</p>{}",
        words.html(),
        table(&header, &rows.collect::<Vec<_>>(), best)
    );
    if let Some(choice) = &found.choice {
        text.push_str(&reasons::choice(choice).html());
    }
    section(
        Words(["At several days", "多时点回测", "多時點回測"]),
        &text,
    )
}
