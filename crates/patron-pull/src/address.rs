//! Where a shop's interface is, and whether a token may be sent there.

use std::net::IpAddr;

use crate::error::PullError;

const SHOPIFY: &str = ".myshopify.com";

/// The address of a shop: scheme, host, port and the folder it is in, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
}

impl Address {
    /// Reads an address; `https://` is understood where no scheme is said. Without TLS only this machine is spoken to, unless
    /// `insecure` is set.
    ///
    /// # Errors
    /// [`PullError::Address`]; [`PullError::NotEncrypted`].
    pub fn parse(text: &str, insecure: bool) -> Result<Self, PullError> {
        let wrong = |expected: &'static str| PullError::Address {
            // What stands before `@` may be a password.
            address: text.rsplit('@').next().unwrap_or_default().to_owned(),
            expected,
        };
        let trimmed = text.trim();
        let (scheme, rest) = match trimmed.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), trimmed),
        };
        let rest = rest.trim_end_matches('/');
        if scheme != "https" && scheme != "http" {
            return Err(wrong("an address that begins with https://"));
        }
        if rest.contains('@') {
            return Err(wrong(
                "an address without a name or password before the host",
            ));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]%".contains(c);
        let (authority, folder) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || !rest.chars().all(is_plain) {
            return Err(wrong("an address such as https://shop.example"));
        }
        let host = host_of(authority).to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong("an address such as https://shop.example"));
        }
        if scheme == "http" && !insecure && !is_loopback(&host) {
            return Err(PullError::NotEncrypted { host });
        }
        Ok(Self {
            text: format!("{scheme}://{}{folder}", authority.to_ascii_lowercase()),
            host,
        })
    }

    /// Reads the address of a Shopify shop, `SHOP.myshopify.com`: a token is sent to no other host.
    ///
    /// # Errors
    /// As [`Address::parse`].
    pub fn parse_shopify(text: &str, insecure: bool) -> Result<Self, PullError> {
        let address = Self::parse(text, insecure)?;
        if address.host.ends_with(SHOPIFY) || is_loopback(&address.host) {
            return Ok(address);
        }
        Err(PullError::Address {
            address: address.text,
            expected: "SHOP.myshopify.com: the name in the address of the shop's admin pages",
        })
    }

    /// Returns it as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Returns scheme, host and port: to whom a token may be sent.
    pub(crate) fn origin(&self) -> &str {
        let after = self.text.find("://").map_or(0, |at| at + 3);
        let rest = self.text.get(after..).unwrap_or_default();
        let end = rest.find('/').map_or(self.text.len(), |at| after + at);
        self.text.get(..end).unwrap_or_default()
    }
}

fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_only_where_it_is_safe() {
        let parse = |text| Address::parse(text, false);
        assert_eq!(
            parse("shop.example/").unwrap().as_str(),
            "https://shop.example"
        );
        let folder = parse("https://Shop.example:8443/de/").unwrap();
        assert_eq!(folder.as_str(), "https://shop.example:8443/de");
        assert_eq!(folder.origin(), "https://shop.example:8443");
        assert_eq!(folder.host(), "shop.example");
    }

    #[test]
    fn what_is_no_safe_address_is_refused() {
        let parse = |text| Address::parse(text, false);
        assert!(parse("http://127.0.0.1:80").unwrap().is_loopback());
        assert!(parse("http://[::1]:80").unwrap().is_loopback());
        assert!(matches!(
            parse("http://shop.example"),
            Err(PullError::NotEncrypted { host }) if host == "shop.example"
        ));
        // A name that only begins like this machine.
        assert!(parse("http://127.0.0.1.evil.example").is_err());
        assert!(Address::parse("http://shop.example", true).is_ok());
        for text in [
            "",
            "ftp://a",
            "https://",
            "https://a b",
            "https://a?x=1",
            "https://:80",
        ] {
            assert!(
                matches!(parse(text), Err(PullError::Address { .. })),
                "{text}"
            );
        }
        let error = parse("https://ck_key:cs_hidden@shop.example").unwrap_err();
        assert!(!error.to_string().contains("hidden"), "{error}");
    }

    #[test]
    fn a_shopify_token_goes_to_shopify_alone() {
        let parse = |text| Address::parse_shopify(text, false);
        assert!(parse("soap.myshopify.com").is_ok());
        assert!(parse("http://127.0.0.1:9").is_ok());
        assert!(parse("https://soap.example").is_err());
        assert!(parse("https://myshopify.com.evil.example").is_err());
    }
}
