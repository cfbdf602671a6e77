//! Which customers are one person, by what they say of themselves.
//!
//! What is said is gone through up to three times, so that only those are held in memory who have something in common.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use patron_import::is_address;
use patron_state::{Reason, Word};
use xxhash_rust::xxh3::xxh3_128;

use super::groups::Groups;
use super::rule::Rule;

/// An address that more accounts share is a household's no more: a company's, or the shop's own.
pub(super) const MOST_ACCOUNTS: usize = 5;

/// What is said of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says<'a> {
    pub(super) customer: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: &'a str,
}

/// Who is who.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// By customer who has another's name: that, and why.
    pub(super) persons: BTreeMap<String, (String, Reason)>,
    /// Addresses that joined nobody, because several accounts name them; and the first of their guests or accounts.
    pub(super) shared: u64,
    pub(super) example: Option<String>,
}

/// Goes through all that is said.
pub(super) trait Sayings<E>: Fn(&mut dyn FnMut(&Says<'_>)) -> Result<(), E> {}

impl<E, F: Fn(&mut dyn FnMut(&Says<'_>)) -> Result<(), E>> Sayings<E> for F {}

/// Works out who is who.
///
/// # Errors
/// Those of `sayings`.
pub(super) fn resolve<E>(
    rule: Rule,
    words: &[Word],
    sayings: impl Sayings<E>,
) -> Result<Resolved, E> {
    let mut resolved = Resolved::default();
    let mut groups = Groups::default();
    // Who was told apart is joined by no rule, nor is a guest who was joined by hand: with that account, and no other.
    let decides = |word: &&Word| word.with.is_none() || is_address(&word.customer_id);
    let decided = words.iter().filter(decides);
    let spoken: HashSet<&str> = decided.map(|word| word.customer_id.as_str()).collect();
    let unspoken = |take: &mut dyn FnMut(&Says<'_>)| {
        sayings(&mut |says| {
            if !spoken.contains(says.customer) {
                take(says);
            }
        })
    };
    let common = in_common(rule, &unspoken)?;
    for (_, named) in names(rule, &common, &unspoken)? {
        named.join(rule, &mut groups, &mut resolved);
    }
    for word in words {
        if let Some(with) = &word.with {
            groups.join(with, &word.customer_id, Reason::Word);
        }
    }
    resolved.persons = groups.persons();
    Ok(resolved)
}

/// A hash of an address: at 128 bits two addresses of one shop do not share one.
type Address = u128;

/// The addresses that more than one customer has, as far as the rule joins by them.
fn in_common<E>(rule: Rule, sayings: &impl Sayings<E>) -> Result<HashSet<Address>, E> {
    if rule == Rule::Off {
        return Ok(HashSet::new());
    }
    if rule == Rule::Guests {
        let mut guests = HashSet::new();
        sayings(&mut |says| {
            if is_address(says.customer) {
                each_address(rule, says, |address, _| {
                    guests.insert(address);
                });
            }
        })?;
        let mut named = HashSet::new();
        if !guests.is_empty() {
            sayings(&mut |says| {
                if !is_address(says.customer) {
                    each_address(rule, says, |address, _| {
                        if guests.contains(&address) {
                            named.insert(address);
                        }
                    });
                }
            })?;
        }
        return Ok(named);
    }
    let mut firsts: HashMap<Address, Address> = HashMap::new();
    let mut common = HashSet::new();
    sayings(&mut |says| {
        let customer = xxh3_128(says.customer.as_bytes());
        each_address(rule, says, |address, _| {
            if *firsts.entry(address).or_insert(customer) != customer {
                common.insert(address);
            }
        });
    })?;
    Ok(common)
}

/// Who has an address.
#[derive(Debug)]
struct Named {
    customers: BTreeSet<String>,
    reason: Reason,
}

fn names<E>(
    rule: Rule,
    common: &HashSet<Address>,
    sayings: &impl Sayings<E>,
) -> Result<BTreeMap<Address, Named>, E> {
    let mut named: BTreeMap<Address, Named> = BTreeMap::new();
    if common.is_empty() {
        return Ok(named);
    }
    sayings(&mut |says| {
        each_address(rule, says, |address, reason| {
            if !common.contains(&address) {
                return;
            }
            let named = named.entry(address).or_insert_with(|| Named {
                customers: BTreeSet::new(),
                reason,
            });
            if !named.customers.contains(says.customer) {
                named.customers.insert(says.customer.to_owned());
            }
        });
    })?;
    Ok(named)
}

impl Named {
    /// Joins those who have the address, unless that says nothing.
    fn join(&self, rule: Rule, groups: &mut Groups, resolved: &mut Resolved) {
        let accounts = || self.customers.iter().filter(|id| !is_address(id));
        let most = match rule {
            Rule::Guests => 1,
            _ => MOST_ACCOUNTS,
        };
        if accounts().count() > most {
            resolved.shared += 1;
            let first = self.customers.iter().min_by_key(|id| !is_address(id));
            resolved.example = resolved.example.take().or_else(|| first.cloned());
            return;
        }
        let Some(first) = self.customers.first() else {
            return;
        };
        for other in self.customers.iter().skip(1) {
            groups.join(first, other, self.reason);
        }
    }
}

/// Calls `take` with each address of a customer that the rule joins by; of a guest, by default, only the one that is the id.
fn each_address(rule: Rule, says: &Says<'_>, mut take: impl FnMut(Address, Reason)) {
    let mut email = |text: &str| {
        if let Some(text) = email_of(text) {
            take(xxh3_128(format!("e{text}").as_bytes()), Reason::Email);
        }
    };
    let is_guest = is_address(says.customer);
    let has_more = rule != Rule::Guests || !is_guest;
    if is_guest {
        email(says.customer);
    }
    if has_more {
        email(says.email);
    }
    if rule == Rule::Email {
        return;
    }
    let mut phone = |text: &str| {
        if let Some(text) = phone_of(text) {
            take(xxh3_128(format!("p{text}").as_bytes()), Reason::Phone);
        }
    };
    if is_guest {
        phone(says.customer);
    }
    if has_more {
        phone(says.phone);
    }
}

/// An e-mail address as it is compared: nobody's mailbox knows capitals from small letters.
fn email_of(text: &str) -> Option<String> {
    let text = text.trim();
    let (name, host) = text.rsplit_once('@')?;
    let is_one = !name.is_empty() && !host.is_empty() && !text.contains('*');
    is_one.then(|| text.to_lowercase())
}

/// A telephone number as it is compared; nothing if it does not say of which country it is.
fn phone_of(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['\'', ' ']);
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let is_other = |letter: char| letter.is_alphabetic() || matches!(letter, '*' | '@');
    ((7..=15).contains(&digits.len()) && !rest.contains(is_other)).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: [(&str, &str, &str); 8] = [
        ("17", "Ann@x.com", "+49 170 1234567"),
        ("ann@x.com", "ann@x.com", ""),
        ("+491701234567", "", "+491701234567"),
        ("18", "cy@x.com", ""),
        ("19", "CY@x.com ", ""),
        ("cy@x.com", "cy@x.com", "+491701234567"),
        ("bob@x.com", "bob@x.com", ""),
        ("20", "", "0049-170-1234567"),
    ];

    fn found(rule: Rule, words: &[Word], shop: &[(&str, &str, &str)]) -> (Vec<String>, u64) {
        let sayings = |take: &mut dyn FnMut(&Says<'_>)| {
            for &(customer, email, phone) in shop {
                take(&Says {
                    customer,
                    email,
                    phone,
                });
            }
            Ok::<_, ()>(())
        };
        let resolved = resolve(rule, words, sayings).unwrap();
        let persons = resolved.persons.into_iter();
        let persons = persons.map(|(id, (person, _))| format!("{id} is {person}"));
        (persons.collect(), resolved.shared)
    }

    #[test]
    fn a_guest_is_the_one_account_that_names_the_address() {
        let (persons, shared) = found(Rule::Guests, &[], &SHOP);
        // The number is that of 17 and 20; the address cy@x.com that of 18 and 19.
        assert_eq!((persons, shared), (vec!["ann@x.com is 17".to_owned()], 2));
        assert_eq!(found(Rule::Off, &[], &SHOP), (vec![], 0));
    }

    #[test]
    fn accounts_are_joined_if_asked_for() {
        let (persons, shared) = found(Rule::Email, &[], &SHOP);
        assert_eq!(persons, ["19 is 18", "ann@x.com is 17", "cy@x.com is 18"]);
        assert_eq!(shared, 0);
        let (persons, _) = found(Rule::Contacts, &[], &SHOP);
        let all = ["+491701234567", "18", "19", "20", "ann@x.com", "cy@x.com"];
        assert_eq!(persons, all.map(|id| format!("{id} is 17")));
    }

    #[test]
    fn an_address_of_many_accounts_joins_nobody() {
        let many: Vec<String> = (0..=MOST_ACCOUNTS).map(|id| id.to_string()).collect();
        let shop: Vec<_> = many
            .iter()
            .map(|id| (id.as_str(), "info@x.com", ""))
            .collect();
        assert_eq!(found(Rule::Email, &[], &shop), (vec![], 1));
        assert_eq!(
            found(Rule::Email, &[], &shop[1..]).0.len(),
            MOST_ACCOUNTS - 1
        );
    }

    #[test]
    fn a_word_goes_before_the_rule() {
        let word = |customer: &str, with: Option<&str>| Word {
            undoes: None,
            customer_id: customer.to_owned(),
            with: with.map(ToOwned::to_owned),
        };
        let words = [word("ann@x.com", None), word("bob@x.com", Some("18"))];
        let (persons, _) = found(Rule::Guests, &words, &SHOP);
        assert_eq!(persons, ["bob@x.com is 18"]);
        // An account keeps its guests; a guest who is somebody's by hand is not the account's besides.
        let (persons, _) = found(Rule::Guests, &[word("17", Some("18"))], &SHOP);
        assert_eq!(persons, ["18 is 17", "ann@x.com is 17"]);
        let (persons, _) = found(Rule::Guests, &[word("ann@x.com", Some("18"))], &SHOP);
        assert_eq!(persons, ["ann@x.com is 18"]);
    }

    #[test]
    fn what_is_no_address_joins_nobody() {
        let shop = [
            ("1", "a***@x.com", "138****1234"),
            ("2", "a***@x.com", "138****1234"),
            ("3", "@", "0301234567"),
            ("4", "@", "0301234567"),
        ];
        assert_eq!(found(Rule::Contacts, &[], &shop), (vec![], 0));
    }
}
