//! Pictures of lines, drawn by hand: axes with labels, a legend, one mark.

use super::html::{Words, escaped, number, put};

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;
/// Colours that the style sheet has.
const COLOURS: usize = 9;

/// A line, of which the first of a chart is what was seen.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Markup.
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// A picture of lines over places 0, 1, 2, ….
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) caption: Words,
    pub(super) along: Words,
    pub(super) up: Words,
    /// Text under some of the places.
    pub(super) ticks: Vec<(usize, String)>,
    pub(super) series: Vec<Series>,
    /// A place where something ends, between two others perhaps, with what to call it.
    pub(super) cut: Option<(f64, Words)>,
    /// Whether each value has a mark of its own.
    pub(super) dots: bool,
}

impl Chart {
    /// Draws the picture with its legend.
    pub(super) fn html(&self) -> String {
        let mut text = format!("<figure><figcaption>{}</figcaption>", self.caption.html());
        put(
            &mut text,
            format_args!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\">"),
        );
        self.axes(&mut text);
        // What was seen lies on top.
        for (place, series) in self.series.iter().enumerate().rev() {
            self.line(place, series, &mut text);
        }
        text.push_str("</svg><ul class=\"legend\">");
        for (place, series) in self.series.iter().enumerate() {
            let style = style(place);
            put(
                &mut text,
                format_args!(
                    "<li><svg viewBox=\"0 0 22 10\" aria-hidden=\"true\"><path d=\"M0 5H22\" {style}/></svg>{}</li>",
                    series.name
                ),
            );
        }
        text.push_str("</ul></figure>");
        text
    }

    fn places(&self) -> usize {
        let lengths = self.series.iter().map(|series| series.values.len());
        lengths.max().unwrap_or(0)
    }

    fn x(&self, place: f64) -> f64 {
        let last = self.places().saturating_sub(1).max(1) as f64;
        LEFT + place / last * (WIDTH - LEFT - RIGHT)
    }

    fn range(&self) -> (f64, f64) {
        let values = self.series.iter().flat_map(|series| &series.values);
        let finite = values.copied().filter(|value| value.is_finite());
        finite.fold((0.0, 0.0), |(low, high), value| {
            (f64::min(low, value), f64::max(high, value))
        })
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.range();
        let span = if high > low { high - low } else { 1.0 };
        HEIGHT - BOTTOM - (value - low) / span * (HEIGHT - TOP - BOTTOM)
    }

    fn axes(&self, text: &mut String) {
        for value in ticks(self.range()) {
            let (y, label) = (self.y(value), tick(value));
            let (right, before, below) = (WIDTH - RIGHT, LEFT - 5.0, y + 4.0);
            put(
                text,
                format_args!(
                    "<path class=\"axis\" d=\"M{LEFT} {y:.1}H{right}\"/><text x=\"{before}\" y=\"{below:.1}\" text-anchor=\"end\">{label}</text>"
                ),
            );
        }
        for (place, label) in &self.ticks {
            let (x, y) = (self.x(*place as f64), HEIGHT - BOTTOM + 15.0);
            let label = escaped(label);
            put(
                text,
                format_args!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"),
            );
        }
        let (middle, bottom) = ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0);
        let along = self.along.svg();
        put(
            text,
            format_args!(
                "<text x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">{along}</text>"
            ),
        );
        let (up, down) = (self.up.svg(), (HEIGHT - BOTTOM + TOP) / 2.0);
        put(
            text,
            format_args!(
                "<text transform=\"translate(12 {down}) rotate(-90)\" text-anchor=\"middle\">{up}</text>"
            ),
        );
        if let Some((place, words)) = self.cut {
            let (x, high, low) = (self.x(place), TOP, HEIGHT - BOTTOM);
            let (before, words) = (x - 4.0, words.svg());
            put(
                text,
                format_args!(
                    "<path class=\"cut\" d=\"M{x:.1} {high}V{low}\"/><text x=\"{before:.1}\" y=\"{}\" text-anchor=\"end\">{words}</text>",
                    high + 9.0
                ),
            );
        }
    }

    fn line(&self, place: usize, series: &Series, text: &mut String) {
        let points = series.values.iter().enumerate();
        let points: Vec<(f64, f64)> = points
            .filter(|(_, value)| value.is_finite())
            .map(|(place, value)| (self.x(place as f64), self.y(*value)))
            .collect();
        let path = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}"));
        let path = path.collect::<Vec<_>>().join("L");
        let style = style(place);
        put(text, format_args!("<path d=\"M{path}\" {style}/>"));
        for (x, y) in points.iter().filter(|_| self.dots) {
            let colour = colour(place);
            put(
                text,
                format_args!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\" fill=\"var(--s{colour})\"/>"
                ),
            );
        }
    }
}

/// The first colour is that of what was seen alone.
const fn colour(place: usize) -> usize {
    if place < COLOURS {
        place
    } else {
        1 + (place - 1) % (COLOURS - 1)
    }
}

/// What was seen is a bold line; of many models every other one is dashed.
fn style(place: usize) -> String {
    let class = if place == 0 { "line bold" } else { "line" };
    let colour = colour(place);
    let dashes = if place > 0 && place.is_multiple_of(2) {
        " stroke-dasharray=\"6 2\""
    } else {
        ""
    };
    format!("class=\"{class}\" stroke=\"var(--s{colour})\"{dashes}")
}

/// Round numbers over a range, six at most.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    if high <= low {
        return vec![low];
    }
    let rough = (high - low) / 5.0;
    let size = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * size);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(rough);
    let first = (low / step).ceil();
    (0..12)
        .map(|number| (first + f64::from(number)) * step)
        .take_while(|value| *value <= high + 1e-9 * step)
        .collect()
}

/// A tick's number without digits that say nothing.
fn tick(value: f64) -> String {
    let text = number(value);
    if text.contains('e') || !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let labels = |low: f64, high: f64| -> Vec<String> {
            ticks((low, high)).into_iter().map(tick).collect()
        };
        assert_eq!(labels(0.0, 10.0), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(0.0, 0.93), ["0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(labels(-30.0, 70.0), ["-20", "0", "20", "40", "60"]);
        assert_eq!(tick(0.2), "0.2");
        assert_eq!(tick(20.0), "20");
        assert_eq!(tick(4000.0), "4000");
    }

    #[test]
    fn lines_go_from_edge_to_edge_of_the_axes() {
        let chart = Chart {
            caption: Words(["a", "b", "c"]),
            along: Words(["a", "b", "c"]),
            up: Words(["a", "b", "c"]),
            ticks: vec![(0, "<1>".to_owned())],
            series: vec![Series {
                name: "seen".to_owned(),
                values: vec![0.0, 5.0, 10.0],
            }],
            cut: None,
            dots: false,
        };
        let html = chart.html();
        // From the lower left to the upper right, the middle in the middle.
        assert!(
            html.contains("M56.0 234.0L243.0 123.0L430.0 12.0"),
            "{html}"
        );
        assert!(html.contains("&lt;1&gt;"));
    }
}
