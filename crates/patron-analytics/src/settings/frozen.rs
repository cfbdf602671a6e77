//! Cut points of an earlier run, and what they were found under: a score means the same only where that is the same.

use std::collections::BTreeMap;
use std::path::Path;

use patron_segments::{Vocabulary, read_written};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::SettingsError;
use super::axes::{PerAxis, by_axis};
use super::layers::Chosen;

/// Largest `run.json` read; real ones have some ten thousand bytes.
const LARGEST_FILE: u64 = 64 << 20;
/// Methods whose scores go by rank.
const BY_RANK: [&str; 2] = ["qcut-first", "ntile"];

/// One axis of an earlier run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct FrozenAxis {
    /// Number of scores.
    pub(super) bins: u8,
    /// The method, which tells on which side a value on a cut lies.
    pub(super) method: String,
    /// Cut points.
    pub(super) cuts: Vec<f64>,
}

/// What an earlier run says of its scores.
#[derive(Debug)]
pub(super) struct FrozenRun {
    path: String,
    sha256: String,
    /// R, F, M.
    pub(super) axes: PerAxis<FrozenAxis>,
    run: RunFile,
}

#[derive(Debug, Deserialize)]
struct RunFile {
    #[serde(default)]
    cut_points: Vec<FrozenAxis>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    vocabulary: Option<VocabularyOfRun>,
    #[serde(default)]
    settings: BTreeMap<String, SettingOfRun>,
}

#[derive(Debug, Deserialize)]
struct VocabularyOfRun {
    key: String,
    #[serde(default)]
    segments: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct SettingOfRun {
    value: String,
}

impl FrozenRun {
    /// Reads the `run.json` of an earlier run.
    pub(super) fn read(path: &str) -> Result<Self, SettingsError> {
        let wrong = |message: String| SettingsError::FrozenCuts {
            path: path.to_owned(),
            message,
        };
        let text = read_written(Path::new(path), LARGEST_FILE).map_err(wrong)?;
        let run: RunFile = serde_json::from_str(&text)
            .map_err(|_| wrong("it is not the `run.json` of a run".to_owned()))?;
        let Ok(axes) = PerAxis::<FrozenAxis>::try_from(run.cut_points.clone()) else {
            return Err(wrong("it has no `cut_points` of three axes".to_owned()));
        };
        for FrozenAxis { bins, method, cuts } in &axes {
            if BY_RANK.contains(&method.as_str()) {
                return Err(wrong(format!(
                    "method `{method}` goes by rank, so its scores have no cut points to freeze"
                )));
            }
            if cuts.len() + 1 != usize::from(*bins) {
                let found = cuts.len();
                return Err(wrong(format!(
                    "{bins} scores cannot have {found} cut points"
                )));
            }
        }
        let sha256 = Sha256::digest(text.as_bytes());
        Ok(Self {
            path: path.to_owned(),
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            axes,
            run,
        })
    }

    pub(super) fn bins(&self) -> PerAxis<u8> {
        self.axes.each_ref().map(|axis| axis.bins)
    }

    /// Returns what is recorded of it: the file by what is in it, since a path is of one machine only.
    pub(super) fn in_words(&self) -> String {
        let cuts = self.axes.each_ref().map(|axis| {
            let cuts: Vec<String> = axis.cuts.iter().map(f64::to_string).collect();
            cuts.join(",")
        });
        format!(
            "frozen from the run.json with SHA-256 {}: {}",
            self.sha256,
            by_axis(&cuts, ";")
        )
    }

    /// Returns the bins with the file that they come from, for a message.
    pub(super) fn bins_in_words(&self) -> String {
        format!(
            "{} (from the cut points of `{}`)",
            self.bins().map(|bins| bins.to_string()).join(","),
            self.path
        )
    }

    /// Returns the vocabulary of that run, if patron has it: a file of one's own may have changed, or be elsewhere.
    pub(super) fn vocabulary(&self) -> Result<Option<Vocabulary>, SettingsError> {
        let Some(known) = &self.run.vocabulary else {
            return Ok(None);
        };
        let shipped = Vocabulary::load_shipped(&known.key).ok();
        let same = |vocabulary: &Vocabulary| {
            vocabulary.segments.len() == known.segments.len()
                && vocabulary
                    .segments
                    .iter()
                    .all(|segment| known.segments.get(&segment.key) == Some(&segment.when))
        };
        match shipped.filter(same) {
            Some(vocabulary) => Ok(Some(vocabulary)),
            None => Err(SettingsError::FrozenVocabulary {
                path: self.path.clone(),
                vocabulary: known.key.clone(),
            }),
        }
    }

    /// Refuses settings under which the cut points would mean something else. A currency that nobody names may be any.
    pub(super) fn check_measures(
        &self,
        chosen: &[Chosen],
        currency: Option<&str>,
    ) -> Result<(), SettingsError> {
        let now = |key: &str| {
            let setting = chosen.iter().find(|setting| setting.key == key);
            setting.map_or("", |setting| setting.value.as_str())
        };
        let mut compared = vec!["frequency", "monetary", "score_on"];
        if now("score_on") == "window" {
            compared.push("window_months");
        }
        if now("monetary") == "margin" {
            compared.push("margin");
        }
        for key in compared {
            let then = self.run.settings.get(key);
            if let Some(then) = then.filter(|then| then.value != now(key)) {
                return Err(self.conflict(key, now(key), &then.value));
            }
        }
        match (self.run.currency.as_deref(), currency) {
            (Some(then), Some(now)) if then != now => Err(self.conflict("currency", now, then)),
            _ => Ok(()),
        }
    }

    pub(super) fn conflict(
        &self,
        setting: &'static str,
        value: &str,
        frozen: &str,
    ) -> SettingsError {
        SettingsError::FrozenConflict {
            setting,
            value: value.to_owned(),
            path: self.path.clone(),
            frozen: frozen.to_owned(),
        }
    }
}

/// What the reader can do about a conflict.
pub(super) fn way_out(setting: &str, frozen: &str) -> String {
    let anew = "leave out `--cuts` to find cut points anew";
    match setting {
        "bins" | "score_method" => {
            format!("leave `{setting}` to that file, which sets it too, or {anew}")
        }
        "currency" => format!("money in another currency needs other cut points: {anew}"),
        "window_months" | "margin" => format!("set `{setting} = {frozen}` as there, or {anew}"),
        _ => format!("set `{setting} = \"{frozen}\"` in the settings file as there, or {anew}"),
    }
}
