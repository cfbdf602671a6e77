//! One page of an interface: asked for, waited for, tried again, given up.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;
use ureq::http::HeaderMap;
use ureq::http::header::HeaderValue;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::address::Address;
use crate::error::PullError;

/// The most that a page may be, in megabytes.
const MOST_MEGABYTES: u64 = 64;
const MOST_REDIRECTS: u32 = 3;

/// How patiently a shop is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often a page is asked for before it is given up.
    pub tries: u32,
    /// The wait before the second try; it doubles from try to try.
    pub first_wait: Duration,
    /// The longest wait, also if the shop asks for more.
    pub longest_wait: Duration,
    /// The wait when the shop says that its patience is nearly used up.
    pub breath: Duration,
    /// The time that one answer may take.
    pub timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tries: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            breath: Duration::from_secs(1),
            timeout: Duration::from_secs(60),
        }
    }
}

/// A client that knows one shop.
pub(crate) struct Http {
    agent: Agent,
    address: Address,
    header: (&'static str, HeaderValue),
    pace: Pace,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// An answer with status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    headers: HeaderMap,
    body: Vec<u8>,
    /// When it was made, by the shop's clock, in seconds.
    pub(crate) served_at: Option<i64>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    pub(crate) fn json(&self, http: &Http) -> Result<Value, PullError> {
        // Its message names a line and a column, never what stands there.
        serde_json::from_slice(&self.body)
            .map_err(|error| http.not_understood(&format!("it is no JSON ({error})")))
    }
}

/// What came of one try.
enum Tried {
    Answer(Box<Answer>),
    /// It may go better after a wait; the shop may say how long.
    Again(PullError, Option<Duration>),
    MovedTo(String),
    GiveUp(PullError),
}

impl Http {
    pub(crate) fn new(
        address: Address,
        (name, value): (&'static str, String),
        pace: Pace,
    ) -> Result<Self, PullError> {
        let mut value = HeaderValue::from_str(&value).map_err(|_| PullError::KeyUnusable {
            host: address.host().to_owned(),
        })?;
        value.set_sensitive(true);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Followed here, so that a key goes to no other host.
            .max_redirects(0)
            .timeout_global(Some(pace.timeout))
            .user_agent(concat!("patron/", env!("CARGO_PKG_VERSION")))
            .accept("application/json");
        if address.is_loopback() {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().new_agent(),
            address,
            header: (name, value),
            pace,
        })
    }

    pub(crate) fn not_understood(&self, why: &str) -> PullError {
        PullError::NotUnderstood {
            host: self.host(),
            why: why.to_owned(),
        }
    }

    fn host(&self) -> String {
        self.address.host().to_owned()
    }

    /// Asks for a path with its query, below the shop's address.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, PullError> {
        let mut address = format!("{}{path}", self.address.as_str());
        let (mut tries, mut moves) = (1, 0);
        let mut wait = self.pace.first_wait;
        loop {
            match self.ask(&address) {
                Tried::Answer(answer) => {
                    self.take_breath(&answer);
                    return Ok(*answer);
                }
                Tried::GiveUp(error) => return Err(error),
                Tried::MovedTo(to) => {
                    moves += 1;
                    address = self.same_shop(&to, moves)?;
                }
                Tried::Again(error, asked) => {
                    let pause = asked.unwrap_or(wait);
                    if tries >= self.pace.tries || pause > self.pace.longest_wait {
                        return Err(error);
                    }
                    tracing::debug!(%error, ?pause, "asked again");
                    thread::sleep(pause);
                    tries += 1;
                    wait = wait.saturating_mul(2).min(self.pace.longest_wait);
                }
            }
        }
    }

    fn ask(&self, address: &str) -> Tried {
        let (name, value) = &self.header;
        let asked = self.agent.get(address).header(*name, value.clone()).call();
        let response = match asked {
            Ok(response) => response,
            Err(error) => return self.failed(&error),
        };
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        match status {
            200 => self.read(parts.headers, body),
            301 | 302 | 303 | 307 | 308 => Tried::MovedTo(
                header(&parts.headers, "location")
                    .unwrap_or_default()
                    .to_owned(),
            ),
            401 => Tried::GiveUp(PullError::NotAccepted { host: self.host() }),
            403 => Tried::GiveUp(PullError::NotAllowed { host: self.host() }),
            404 => Tried::GiveUp(PullError::NoInterface {
                host: self.host(),
                path: path_of(address).to_owned(),
            }),
            429 => {
                let pause = retry_after(&parts.headers);
                let seconds = pause.unwrap_or(self.pace.first_wait).as_secs();
                let host = self.host();
                Tried::Again(PullError::Busy { host, seconds }, pause)
            }
            500..=599 | 408 => {
                let error = PullError::Status {
                    host: self.host(),
                    status,
                };
                Tried::Again(error, retry_after(&parts.headers))
            }
            _ => Tried::GiveUp(PullError::Status {
                host: self.host(),
                status,
            }),
        }
    }

    fn read(&self, headers: HeaderMap, body: Body) -> Tried {
        let limit = MOST_MEGABYTES * 1_000_000;
        match body.into_with_config().limit(limit).read_to_vec() {
            Ok(body) => {
                let date = header(&headers, "date");
                let served_at =
                    date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
                Tried::Answer(Box::new(Answer {
                    served_at: served_at.map(jiff::Timestamp::as_second),
                    headers,
                    body,
                }))
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &ureq::Error) -> Tried {
        let host = self.host();
        match error {
            ureq::Error::BodyExceedsLimit(_) => Tried::GiveUp(PullError::TooLarge {
                host,
                most: MOST_MEGABYTES,
            }),
            _ => {
                let message = error.to_string();
                Tried::Again(PullError::Unreachable { host, message }, None)
            }
        }
    }

    /// Returns the address to go on with, if it is one of the same shop.
    fn same_shop(&self, to: &str, moves: u32) -> Result<String, PullError> {
        let origin = self.address.origin();
        let path = match to.strip_prefix(origin) {
            Some(path) => path,
            // `//host` is another host.
            None if to.starts_with('/') && !to.starts_with("//") => to,
            None => "",
        };
        if !path.starts_with('/') || moves > MOST_REDIRECTS {
            return Err(PullError::Elsewhere {
                host: self.host(),
                to: origin_of(to).to_owned(),
            });
        }
        Ok(format!("{origin}{path}"))
    }

    /// Waits if the shop's patience is nearly used up: Shopify says how many of the calls it bears at once are used.
    fn take_breath(&self, answer: &Answer) {
        let used = answer
            .header("x-shopify-shop-api-call-limit")
            .and_then(|text| text.split_once('/'));
        let Some((Ok(used), Ok(most))) =
            used.map(|(used, most)| (used.trim().parse::<u32>(), most.trim().parse::<u32>()))
        else {
            return;
        };
        if used.saturating_add(most / 5) >= most {
            thread::sleep(self.pace.breath);
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// How long the shop asks to wait: seconds, with or without decimals. A date is not used by the shops asked here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = header(headers, "retry-after")?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn path_of(address: &str) -> &str {
    let path = address.find("://").and_then(|at| {
        let rest = address.get(at + 3..)?;
        rest.get(rest.find('/')?..)
    });
    path.unwrap_or_default()
        .split('?')
        .next()
        .unwrap_or_default()
}

fn origin_of(address: &str) -> &str {
    let Some((_, rest)) = address.split_once("://") else {
        return address.split('?').next().unwrap_or_default();
    };
    let end = address.len() - rest.len() + rest.find(['/', '?']).unwrap_or(rest.len());
    address.get(..end).unwrap_or_default()
}
