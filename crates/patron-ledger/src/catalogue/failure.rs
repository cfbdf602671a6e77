//! Failures of the catalogue's database, by their codes.

use crate::error::LedgerError;

/// Tells whether a commit that failed so has certainly not happened.
pub(crate) const fn is_certain(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::Conflict { .. }
            | LedgerError::Locked
            | LedgerError::NoSpace { .. }
            | LedgerError::ReadOnly { .. }
    )
}

/// Names the failure of a statement.
pub(crate) fn failure(source: sqlx::Error, location: &str) -> LedgerError {
    let location = location.to_owned();
    let code = source
        .as_database_error()
        .and_then(|error| error.code())
        .map(|code| code.into_owned());
    let Some(code) = code else {
        return match source {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => {
                LedgerError::Unreachable { location, source }
            }
            _ => LedgerError::Catalogue { source },
        };
    };
    match code.as_str() {
        "55P03" => LedgerError::Locked,
        "40001" | "40P01" | "23505" => LedgerError::Conflict {
            what: "it committed at the same time".to_owned(),
        },
        "53100" => LedgerError::NoSpace {
            path: location.into(),
        },
        "42501" | "25006" => LedgerError::ReadOnly {
            path: location.into(),
        },
        "3D000" => LedgerError::Missing { location },
        code if code.starts_with("08") || code.starts_with("28") || code.starts_with("57") => {
            LedgerError::Unreachable { location, source }
        }
        // SQLite's codes are numbers, whose low byte is the kind.
        code => match code.parse::<i64>().map_or(-1, |number| number & 0xff) {
            5 | 6 => LedgerError::Locked,
            8 => LedgerError::ReadOnly {
                path: location.into(),
            },
            13 => LedgerError::NoSpace {
                path: location.into(),
            },
            11 | 26 => LedgerError::NotALedger {
                location,
                reason: "the file is no intact SQLite database".to_owned(),
            },
            10 | 14 => LedgerError::Unreachable { location, source },
            _ => LedgerError::Catalogue { source },
        },
    }
}
