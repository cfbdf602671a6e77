//! How an evaluation looks in a browser: one file, no network, light and dark, three languages.
//!
//! | module | question it answers |
//! |---|---|
//! | `html` | how do text and tables become markup? |
//! | `chart` | how are lines drawn? |
//! | `parts` | what does each part of the page show? |
//! | `reasons` | why was a model chosen, and do customers change? |

mod chart;
mod html;
mod parts;
mod reasons;

use super::rolling::Rolling;
use super::{Base, Evaluated};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is asked for from outside; what is on the page is allowed to be there.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Returns the page of an evaluation.
#[must_use]
pub fn page(base: &Base, evaluated: &Evaluated, rolling: Option<&Rolling>) -> String {
    let mut inside = parts::head(base, evaluated);
    inside.push_str(&parts::choice(evaluated));
    inside.push_str(&parts::measures(evaluated));
    inside.push_str(&parts::tracking(evaluated));
    inside.push_str(&parts::calibration(evaluated));
    inside.push_str(&parts::drift(evaluated));
    if let Some(rolling) = rolling {
        inside.push_str(&parts::rolling(rolling));
    }
    let [title, ..] = parts::TITLE.0;
    format!(
        "<!doctype html>\n<html lang=\"en\" data-language=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>{title} · patron</title>\
         <style>{STYLE}</style></head><body><main>{inside}</main><script>{SCRIPT}</script></body></html>\n"
    )
}
