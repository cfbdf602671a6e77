//! Addresses of databases: what they say of the driver, and what of them must not be seen.

use std::collections::BTreeSet;

/// What stands where something secret was.
const HIDDEN: &str = "***";
/// What is shown of an address that is not in the form of one.
const NO_ADDRESS: &str = "the database";
/// Parts of the names of settings whose values are secret.
const SECRET_KEYS: [&str; 8] = [
    "pass", "pwd", "secret", "token", "key", "auth", "cred", "uri",
];
/// Shorter secrets are replaced as whole words only, or nothing could be read.
const SHORT: usize = 4;

/// Returns the word before `://`, or before the colon of `duckdb:`.
pub(super) fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once("://").or_else(|| {
        address
            .split_once(':')
            .filter(|(word, _)| *word == "duckdb")
    })?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    (!scheme.is_empty() && scheme.chars().all(is_word)).then_some(scheme)
}

/// Returns what may be shown of an address: no user, no password, no parameters.
pub(super) fn shown(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let user_ends = rest.rfind('@');
    let parameters_begin = rest.find(['?', '#']);
    let host = match (user_ends, parameters_begin) {
        // It cannot be told whether the mark belongs to a password or begins the parameters.
        (Some(user), Some(parameters)) if parameters < user => return hidden(&scheme),
        (user, parameters) => {
            rest.get(user.map_or(0, |at| at + 1)..parameters.unwrap_or(rest.len()))
        }
    };
    match host.filter(|host| !host.contains('=')) {
        Some(host) => format!("{scheme}{host}"),
        None => hidden(&scheme),
    }
}

fn hidden(scheme: &str) -> String {
    if scheme.is_empty() {
        NO_ADDRESS.to_owned()
    } else {
        format!("{scheme}{HIDDEN}")
    }
}

/// Texts that must not be seen, and how they are kept out of what a driver says.
#[derive(Clone, Default)]
pub(super) struct Secrets(BTreeSet<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Finds what is secret in an address: the password before `@`, and parameters that are named like one.
    pub(super) fn add_address(&mut self, address: &str) {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        if let Some((user, _)) = rest.rsplit_once('@') {
            self.add_text(user);
            if let Some((_, password)) = user.split_once(':') {
                self.add(password);
            }
        }
        let is_end = |c: char| matches!(c, '?' | '&' | ';' | '#') || c.is_whitespace();
        let pairs = rest.split(is_end).filter_map(|pair| pair.split_once('='));
        for (key, value) in pairs {
            self.add_setting(key, value);
        }
        if rest.contains(['@', '=']) {
            self.add_text(address);
        }
    }

    /// Adds the value of a setting that is named like a secret.
    pub(super) fn add_setting(&mut self, key: &str, value: &str) {
        let key = key.to_ascii_lowercase();
        if SECRET_KEYS.iter().any(|secret| key.contains(secret)) {
            self.add(value.trim_matches(['\'', '"']));
        }
    }

    /// Adds a secret as it is written and as it is meant, whole and in parts: an address with a mark too many is taken
    /// apart in the wrong places, and its parts are quoted.
    fn add(&mut self, secret: &str) {
        for text in [secret.to_owned(), decoded(secret)] {
            for part in text.split([':', '/', '@', '?', '#', '%', '&', '=', '[', ']']) {
                self.add_text(part);
            }
            self.add_text(&text);
        }
    }

    fn add_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.insert(text.to_owned());
        }
    }

    /// Returns what a driver said, without secrets, in one line.
    pub(super) fn hide(&self, words: &str) -> String {
        let mut words = words.to_owned();
        let mut secrets: Vec<&String> = self.0.iter().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            words = if secret.chars().count() < SHORT {
                without_word(&words, secret)
            } else {
                words.replace(secret, HIDDEN)
            };
        }
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
        // The mark under the place of a mistake says nothing in one line.
        let lines: Vec<&str> = lines.filter(|line| *line != "^").collect();
        lines.join("; ")
    }
}

/// Replaces a text where it is not part of a longer word.
fn without_word(words: &str, secret: &str) -> String {
    let mut kept = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once(secret) {
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        kept.push_str(before);
        let is_part = joined(kept.chars().next_back()) || joined(after.chars().next());
        kept.push_str(if is_part { secret } else { HIDDEN });
        rest = after;
    }
    kept + rest
}

/// Reads `%40` as `@`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match code {
            Some(byte) => {
                bytes.push(byte);
                after.get(2..).unwrap_or_default()
            }
            None => {
                bytes.push(b'%');
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_user_nor_password_nor_parameters_are_shown() {
        for (address, expected) in [
            (
                "postgresql://db.example:5432/shop",
                "postgresql://db.example:5432/shop",
            ),
            ("postgresql://ann:pa55@db/shop", "postgresql://db/shop"),
            ("postgresql://ann:p@55@db/shop", "postgresql://db/shop"),
            (
                "postgresql://ann:p/@ss@db/shop?sslmode=require",
                "postgresql://db/shop",
            ),
            ("postgresql://ann:p?a@db/shop", "postgresql://***"),
            (
                "postgresql://db/shop?user=ann&password=a@b",
                "postgresql://***",
            ),
            (
                "postgresql://db/shop?user=ann&password=ab",
                "postgresql://db/shop",
            ),
            ("host=db user=ann password=secret", "the database"),
            ("ann:secret@account/shop/public", "account/shop/public"),
            ("duckdb://shop.duckdb", "duckdb://shop.duckdb"),
            ("data/shop.duckdb", "data/shop.duckdb"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
        }
    }

    #[test]
    fn what_a_driver_says_of_a_secret_is_hidden() {
        for (address, words, expected) in [
            (
                "postgresql://ann:pa55word@db/shop",
                "cannot connect to postgresql://ann:pa55word@db/shop: no pa55word",
                "cannot connect to ***: no ***",
            ),
            (
                "postgresql://ann:p%40ss%2Fword@db/shop",
                "tried p@ss/word and p%40ss%2Fword",
                "tried *** and ***",
            ),
            (
                // Cut at the wrong place.
                "postgresql://ann:sec/ret@db/shop",
                "invalid integer value \"sec\" for connection option \"port\"",
                "invalid integer value \"***\" for connection option \"port\"",
            ),
            (
                "host=db password='quoted' user=ann",
                "missing \"=\" after \"quoted\"",
                "missing \"=\" after \"***\"",
            ),
            (
                "postgresql://db/shop?user=ann&password=hunter2",
                "FATAL: no hunter2\n\n  LINE 1\n   ^\n",
                "FATAL: no ***; LINE 1",
            ),
            (
                "postgresql://ann:a@db/shop",
                "at a database: 'a'",
                "at *** database: '***'",
            ),
        ] {
            let mut secrets = Secrets::default();
            secrets.add_address(address);
            assert_eq!(secrets.hide(words), expected, "{address}");
            assert_eq!(format!("{secrets:?}"), "Secrets");
        }
    }

    #[test]
    fn a_scheme_is_a_word_before_two_slashes() {
        assert_eq!(scheme("postgresql://db"), Some("postgresql"));
        assert_eq!(scheme("grpc+tls://db"), Some("grpc+tls"));
        assert_eq!(scheme("duckdb:shop.db"), Some("duckdb"));
        assert_eq!(scheme("C:/shop.db"), None);
        assert_eq!(scheme("host=db password=a://b"), None);
    }
}
