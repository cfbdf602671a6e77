//! The layers that settings come in, and the record of what was taken from where.

use serde::Serialize;

use super::SettingsError;
use super::form::Settings;

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A flag on the command line.
    Flag,
    /// The settings file.
    File,
    /// The preset of the input.
    Preset,
    /// The run whose cut points are frozen.
    EarlierRun,
    /// The vocabulary.
    Vocabulary,
    /// Read off the input.
    Input,
    /// patron chose it for the user.
    Default,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// Which setting.
    pub key: &'static str,
    /// Its value, as one would write it.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The layers above the defaults, topmost first, and the record of what was taken from where.
pub(super) struct Layers<'a> {
    pub(super) flags: &'a Settings,
    pub(super) file: &'a Settings,
    pub(super) preset: &'a [(String, String)],
    pub(super) chosen: Vec<Chosen>,
}

impl Layers<'_> {
    /// Takes the topmost value there is.
    pub(super) fn take<T: Clone>(
        &self,
        of: impl Fn(&Settings) -> Option<T>,
    ) -> Option<(T, Origin)> {
        of(self.flags)
            .map(|value| (value, Origin::Flag))
            .or_else(|| of(self.file).map(|value| (value, Origin::File)))
    }

    pub(super) fn preset(&self, key: &str) -> Option<&str> {
        self.preset
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn note(&mut self, key: &'static str, value: impl Into<String>, origin: Origin) {
        self.chosen.push(Chosen {
            key,
            value: value.into(),
            origin,
        });
    }

    /// Takes a plain value or its default, and notes which.
    pub(super) fn plain<T: Clone + Serialize>(
        &mut self,
        key: &'static str,
        of: impl Fn(&Settings) -> Option<T>,
        default: T,
    ) -> T {
        let (value, origin) = self.take(of).unwrap_or((default, Origin::Default));
        let text = serde_json::to_value(&value).map(|value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        });
        self.note(key, text.unwrap_or_default(), origin);
        value
    }
}

/// Reads a word that must be one of those there are.
pub(super) fn named<T>(
    setting: &'static str,
    text: Option<String>,
    expected: &str,
    known: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SettingsError> {
    text.map(|text| {
        known(&text).ok_or_else(|| SettingsError::Value {
            setting,
            value: text.clone(),
            expected: expected.to_owned(),
        })
    })
    .transpose()
}
