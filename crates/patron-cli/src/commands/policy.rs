//! `patron policy`: what to do for whom, shown, checked, and written to be edited.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use patron_analytics::policy::{POLICY, init_policy, policy_of};
use patron_analytics::workspace::Workspace;
use patron_segments::policy::{Decision, Field, PolicyReview, PolicyTable, Rule, Who, review};
use patron_segments::{DEFAULT_VOCABULARY, Language, Vocabulary};

use crate::commands::segments::Format;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{percent, plain, things};

/// Arguments of `patron policy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    workspace: PathBuf,
    /// The policy; by default `policy.toml` of the workspace, else the shipped one
    #[arg(long, value_name = "FILE", global = true)]
    policy: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All rules; or, of one kind of customer, what holds and which rule says so
    Show {
        /// A segment's key; may be repeated
        #[arg(long, value_name = "KEY")]
        segment: Vec<String>,
        /// An octant's key
        #[arg(long, value_name = "KEY", default_value = "")]
        octant: String,
        /// A stage's key
        #[arg(long, value_name = "KEY", default_value = "")]
        lifecycle: String,
        /// The value at stake for which the discount is told, in the policy's unit
        #[arg(long, value_name = "N", default_value = "1")]
        at_stake: f64,
        /// The language of texts
        #[arg(long, value_enum, default_value = "en")]
        language: Tongue,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Rules that never win, and customers of whom nothing is said
    Check {
        /// The vocabulary: a name of `patron segments list`, or a file; by default the workspace's
        #[arg(long, value_name = "NAME|FILE")]
        vocabulary: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Write the shipped policy to a file, to be edited: `policy.toml` of the workspace
    Init {
        /// Another file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// A language of texts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Tongue {
    /// English
    #[value(name = "en")]
    English,
    /// 简体中文
    #[value(name = "zh-Hans")]
    SimplifiedChinese,
    /// 繁體中文
    #[value(name = "zh-Hant")]
    TraditionalChinese,
}

impl Tongue {
    pub(super) const fn language(self) -> Language {
        match self {
            Self::English => Language::English,
            Self::SimplifiedChinese => Language::SimplifiedChinese,
            Self::TraditionalChinese => Language::TraditionalChinese,
        }
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    if let Command::Init { out } = &args.command {
        return init(&args.workspace, out.as_deref(), output);
    }
    let (policy, origin) = policy_of(&args.workspace, args.policy.as_deref())?;
    match &args.command {
        Command::Init { .. } => Ok(()),
        Command::Check { vocabulary, format } => {
            let vocabulary = vocabulary_of(&args.workspace, vocabulary.as_deref())?;
            let found = review(&policy, &vocabulary)?;
            output.talk(&format!(
                "policy: {origin}; vocabulary: {}\n",
                vocabulary.key
            ));
            check(&found, *format, output)
        }
        Command::Show {
            segment,
            octant,
            lifecycle,
            at_stake,
            language,
            format,
        } => {
            output.talk(&format!("policy: {origin}\n"));
            let language = language.language();
            if segment.is_empty() && octant.is_empty() && lifecycle.is_empty() {
                return show(&policy, language, *format, output);
            }
            let segments: Vec<&str> = segment.iter().map(String::as_str).collect();
            let who = Who {
                segments: &segments,
                octant,
                lifecycle,
            };
            decided(&policy.decide(&who), (language, *at_stake), *format, output)
        }
    }
}

fn init(workspace: &Path, out: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let path = match out {
        Some(path) => path.to_owned(),
        None => Workspace::open(workspace)?.folder().join(POLICY),
    };
    init_policy(&path)?;
    output.line(&format!(
        "Wrote {}: edit it, and `patron policy check` tells what it lacks.",
        path.display()
    ))
}

/// The vocabulary named, else that of the workspace, else the usual one.
fn vocabulary_of(workspace: &Path, named: Option<&str>) -> Result<Vocabulary, Failure> {
    let settings = Workspace::open(workspace).ok();
    let own = settings.and_then(|found| found.settings().vocabulary.clone());
    let name = named.map(str::to_owned).or(own);
    Ok(Vocabulary::load(
        name.as_deref().unwrap_or(DEFAULT_VOCABULARY),
    )?)
}

fn json_of<T: serde::Serialize>(value: &T, output: &mut Output) -> Result<(), Failure> {
    output.line(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn show(
    policy: &PolicyTable,
    language: Language,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    if matches!(format, Format::Json) {
        return json_of(policy, output);
    }
    let text = |text: Option<&patron_segments::Names>| {
        text.map_or_else(String::new, |names| names.get(language).to_owned())
    };
    let rows = policy.rules.iter().map(|rule| {
        vec![
            rule.key.clone(),
            target(rule),
            rule.priority.to_string(),
            contact(rule.contact_every_days),
            discount(rule),
            text(rule.action.as_ref()),
        ]
    });
    let header = [
        "rule",
        "for",
        "priority",
        "one contact in",
        "discount",
        "action",
    ];
    output.line(&table(&header, rows.collect()))
}

fn target(rule: &Rule) -> String {
    let parts = [
        ("segment", &rule.segment),
        ("octant", &rule.octant),
        ("lifecycle", &rule.lifecycle),
    ];
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let parts: Vec<String> = parts
        .map(|(name, keys)| format!("{name} {}", keys.join("|")))
        .collect();
    parts.join(", ")
}

fn contact(days: Option<u16>) -> String {
    match days {
        None => String::new(),
        Some(0) => "never".to_owned(),
        Some(days) => things(u64::from(days), "day", "days"),
    }
}

fn discount(rule: &Rule) -> String {
    let steps = rule.discount.as_deref().unwrap_or_default().iter();
    let steps: Vec<String> = steps
        .map(|step| format!("{} from {}", percent(step.up_to), plain(step.at_stake)))
        .collect();
    steps.join(", ")
}

/// What holds for one kind of customer, and which rule says so.
fn decided(
    decision: &Decision<'_>,
    (language, at_stake): (Language, f64),
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for field in Field::ALL {
        let Some(rule) = decision.winner(field) else {
            continue;
        };
        let said = match field {
            Field::Contact => contact(decision.contact_every_days()),
            Field::Discount => decision
                .discount_up_to(at_stake)
                .map_or_else(String::new, |share| format!("up to {}", percent(share))),
            _ => decision
                .text(field)
                .map_or_else(String::new, |taken| taken.text.get(language).to_owned()),
        };
        rows.push([field.key().to_owned(), said, rule.key.clone()]);
        if field == Field::Action
            && let Some(reason) = decision.reason()
        {
            let said = reason.text.get(language).to_owned();
            rows.push(["reason".to_owned(), said, reason.rule.key.clone()]);
        }
    }
    if matches!(format, Format::Json) {
        let object = rows.iter().map(|[field, said, rule]| {
            (
                field.clone(),
                serde_json::json!({ "says": said, "rule": rule }),
            )
        });
        return json_of(&object.collect::<serde_json::Map<_, _>>(), output);
    }
    let rows = rows.into_iter().map(|row| row.to_vec()).collect();
    output.line(&table(&["field", "says", "rule"], rows))
}

fn check(found: &PolicyReview, format: Format, output: &mut Output) -> Result<(), Failure> {
    if matches!(format, Format::Json) {
        return json_of(found, output);
    }
    let unknown = found.unknown_segments.iter();
    let unknown: Vec<String> = unknown
        .map(|(rule, segment)| format!("{segment} (rule {rule})"))
        .collect();
    output.line(&format!(
        "{} combinations of stage, octant and segment",
        found.combinations
    ))?;
    for (what, found) in [
        ("segments that nobody knows", &unknown),
        (
            "rules for nobody in this vocabulary",
            &found.without_anybody,
        ),
        ("rules that never win", &found.never_winning),
        ("without an action", &found.without_action),
        ("without a frequency of contact", &found.without_contact),
        ("without a ceiling of discounts", &found.without_discount),
        ("texts in one language only", &found.one_language),
    ] {
        let listed = match found.len() {
            0 => "none".to_owned(),
            count => format!("{count} — {}", found.join(" ")),
        };
        output.line(&format!("{what}: {listed}"))?;
    }
    Ok(())
}
