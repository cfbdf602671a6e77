//! Random names of files and catalogue entries.

use rand::TryRng;
use rand::rngs::SysRng;

use crate::error::LedgerError;

/// Returns a random UUID (version 4).
///
/// # Errors
/// [`LedgerError::Io`] when the system has no randomness.
pub(crate) fn uuid() -> Result<String, LedgerError> {
    let mut bytes = [0_u8; 16];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
        let source = std::io::Error::other(error.to_string());
        LedgerError::io("draw a random name from", "the system".as_ref(), source)
    })?;
    let mut number = u128::from_be_bytes(bytes);
    number &= !(0xf000_u128 << 64) & !(0xc000_u128 << 48);
    number |= (0x4000_u128 << 64) | (0x8000_u128 << 48);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let parts = [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ];
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn uuids_have_their_form_and_differ() {
        let (one, other) = (uuid().unwrap(), uuid().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
    }
}
