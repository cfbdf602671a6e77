//! Values that a flag cannot have: found before anything is read, and answered as a bad command line.
//!
//! What flags ask for together with files (a vocabulary for other bins, a file that is not there) is not looked at here:
//! that is a request to be mended, not a command line that nobody could understand.

use patron_analytics::settings::{ResolveError, Resolved, Settings, SettingsError, import_options};
use patron_import::{Content, preset_names};
use patron_segments::VocabularyError;

use crate::failure::{BadFlag, Failure};

pub(crate) fn check(flags: &Settings) -> Result<(), Failure> {
    preset(flags)?;
    let alone = Settings::default();
    let resolved = Resolved::new(flags, &alone, &[], None).map(|_| ());
    let read = import_options(flags, &alone).map(|_| ());
    for found in [resolved, read] {
        match found {
            Err(ResolveError::Settings(SettingsError::Value {
                setting,
                value,
                expected,
            })) => {
                return Err(Failure::of_command_line(BadFlag {
                    flag: flag_of(setting),
                    value,
                    expected,
                }));
            }
            Err(
                error @ (ResolveError::Vocabulary(VocabularyError::Unknown { .. })
                | ResolveError::Calendar(_)),
            ) => return Err(Failure::of_command_line(error)),
            _ => {}
        }
    }
    Ok(())
}

fn preset(flags: &Settings) -> Result<(), Failure> {
    let known = preset_names();
    match &flags.preset {
        Some(name) if !known.contains(&name.as_str()) && Content::from_key(name).is_none() => {
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Err(Failure::of_command_line(BadFlag {
                flag: "--as".to_owned(),
                value: name.clone(),
                expected: known.join(" or "),
            }))
        }
        _ => Ok(()),
    }
}

/// The flag of a setting, where it is not called the same.
fn flag_of(setting: &str) -> String {
    match setting {
        "horizon_months" => "--horizon".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_named_by_its_flag() {
        assert_eq!(flag_of("horizon_months"), "--horizon");
        assert_eq!(flag_of("annual_discount"), "--annual-discount");
        assert_eq!(flag_of("score-method"), "--score-method");
    }
}
