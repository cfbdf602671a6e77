//! The few kinds of failure patron has, and what each means for an exit code.

use serde::Serialize;

/// What kind of failure an error is. It alone decides the exit code (and, in a server, the HTTP status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// A file or folder cannot be opened or read.
    InputUnreadable,
    /// A file was read but is not what it should be: binary, truncated, without the columns needed.
    InputNotUnderstood,
    /// A file can be understood in two ways and only the user knows which.
    InputAmbiguous,
    /// Nothing usable is left: no rows, no customers, no valid orders by the date asked for.
    InputEmpty,
    /// An option or a settings file asks for something that does not exist or contradicts itself.
    SettingInvalid,
    /// A segment condition or a vocabulary does not hold together.
    ConditionInvalid,
    /// The data cannot carry the statistic asked for.
    TooLittleData,
    /// Another process speaks another version of the protocol.
    ProtocolMismatch,
    /// Results cannot be written where they should go.
    OutputUnwritable,
    /// A database, disk or cluster cannot be reached now; trying again may help.
    StorageUnreachable,
    /// Stopped by the user.
    Cancelled,
    /// A defect of patron.
    Internal,
}

impl ErrorCode {
    /// Returns the process exit code: 1 fix the request, 3 storage or cluster unreachable (retry), 70 our bug.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::StorageUnreachable => 3,
            Self::Internal => 70,
            Self::Cancelled => 130,
            _ => 1,
        }
    }
}

/// An error that carries a code, named parameters for translation, and perhaps something the reader can do now.
pub trait Coded: std::error::Error {
    /// Returns the kind of failure.
    fn code(&self) -> ErrorCode;

    /// Returns a stable key of the message, for translation.
    fn key(&self) -> &'static str;

    /// Returns the values that the message mentions, by name.
    fn params(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Returns what the reader can do now.
    fn hint(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_storage_asks_for_a_retry_and_only_a_defect_is_ours() {
        assert_eq!(ErrorCode::InputEmpty.exit_code(), 1);
        assert_eq!(ErrorCode::StorageUnreachable.exit_code(), 3);
        assert_eq!(ErrorCode::Internal.exit_code(), 70);
    }
}
