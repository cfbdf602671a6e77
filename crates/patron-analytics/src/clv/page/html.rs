//! Markup: text that is safe, words in three languages, tables.

use std::fmt::Write;

/// A phrase in English, 简体中文 and 繁體中文.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) [&'static str; 3]);

pub(super) const LANGUAGES: [&str; 3] = ["en", "zh-Hans", "zh-Hant"];

impl Words {
    /// All three, of which a style shows one.
    pub(super) fn html(self) -> String {
        self.within("span")
    }

    /// The same inside a text of a picture.
    pub(super) fn svg(self) -> String {
        self.within("tspan")
    }

    fn within(self, element: &str) -> String {
        let mut text = String::new();
        for (language, words) in LANGUAGES.iter().zip(self.0) {
            let words = escaped(words);
            put(
                &mut text,
                format_args!(
                    "<{element} data-l=\"{language}\" lang=\"{language}\">{words}</{element}>"
                ),
            );
        }
        text
    }
}

/// Writes into a string, which takes all that is written.
pub(super) fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(what);
}

/// A text that is data, as markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A number with as many digits as say something; a dash for none.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "–".to_owned()
    } else if size >= 1_000.0 {
        format!("{value:.0}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 1e-3 || size == 0.0 {
        format!("{value:.4}")
    } else {
        format!("{value:.3e}")
    }
}

/// A table whose cells are markup; the row at `best` is set off.
pub(super) fn table(header: &[String], rows: &[Vec<String>], best: Option<usize>) -> String {
    let mut text = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>".to_owned();
    for cell in header {
        put(&mut text, format_args!("<th scope=\"col\">{cell}</th>"));
    }
    text.push_str("</tr></thead><tbody>");
    for (place, row) in rows.iter().enumerate() {
        text.push_str(if Some(place) == best {
            "<tr class=\"best\">"
        } else {
            "<tr>"
        });
        for cell in row {
            put(&mut text, format_args!("<td>{cell}</td>"));
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table></div>");
    text
}

/// Something that opens when it is asked for.
pub(super) fn folded(words: Words, inside: &str) -> String {
    format!(
        "<details><summary>{}</summary>{inside}</details>",
        words.html()
    )
}

/// A part of the page with a heading.
pub(super) fn section(words: Words, inside: &str) -> String {
    format!("<section><h2>{}</h2>{inside}</section>", words.html())
}
