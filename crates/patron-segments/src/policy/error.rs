//! What can be wrong with a policy.

use patron_core::{Coded, ErrorCode};

use crate::form_error::FormError;

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A file that cannot be read.
    #[error("cannot read the policy `{path}`: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
    /// Not TOML, or not of the form of a policy.
    #[error("the policy `{origin}` does not have the form of one: line {}", error.line())]
    Form {
        /// The file.
        origin: String,
        /// What is wrong, and where.
        #[source]
        error: Box<FormError>,
    },
    /// A form of another patron.
    #[error("the policy `{origin}` is of version {found}, expected 1")]
    Version {
        /// The file.
        origin: String,
        /// Its version.
        found: u32,
    },
    /// No rules, or too many.
    #[error("the policy `{origin}` has {found} rules, expected 1 to 500")]
    RuleCount {
        /// The file.
        origin: String,
        /// How many there are.
        found: usize,
    },
    /// A rule that does not hold together.
    #[error("rule `{rule}` of the policy `{origin}`: {message}")]
    Rule {
        /// The file.
        origin: String,
        /// The rule's key.
        rule: String,
        /// What is wrong.
        message: String,
    },
}

impl Coded for PolicyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } => ErrorCode::InputUnreadable,
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "policy_unreadable",
            Self::Form { .. } => "policy_form",
            Self::Version { .. } => "policy_version",
            Self::RuleCount { .. } => "policy_rule_count",
            Self::Rule { .. } => "policy_rule",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unreadable { path, message } => {
                vec![("path", path.clone()), ("message", message.clone())]
            }
            Self::Form { origin, error } => vec![
                ("origin", origin.clone()),
                ("message", error.message.clone()),
            ],
            Self::Version { origin, found } => {
                vec![("origin", origin.clone()), ("found", found.to_string())]
            }
            Self::RuleCount { origin, found } => {
                vec![("origin", origin.clone()), ("found", found.to_string())]
            }
            Self::Rule {
                origin,
                rule,
                message,
            } => vec![
                ("origin", origin.clone()),
                ("rule", rule.clone()),
                ("message", message.clone()),
            ],
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => {
                "`patron policy init` writes the shipped one, to be edited".to_owned()
            }
            _ => "`docs/methods/policy.md` describes every field; `patron policy init --out FILE` writes one that holds"
                .to_owned(),
        })
    }
}
