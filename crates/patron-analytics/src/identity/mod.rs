//! Who is who: customers of a source become persons.
//!
//! A customer is known by the id of the source, where there is none by the e-mail address in small letters, else by the
//! telephone number. Which customers are one person is worked out anew from all that the ledger says of them whenever that
//! changes, and never from what was decided before; so an import that is taken back takes its joins back with it. What
//! changed is kept in a journal, and somebody's word goes before every rule.
//!
//! | module | question it answers |
//! |---|---|
//! | `rule` | which customers may be one person? |
//! | `resolve` | which are, by what they say of themselves? |
//! | `groups` | who is one with whom, all in all? |
//! | `files` | the same for files that no workspace has |
//! | `settle` | how does the ledger come to agree with it? |
//! | `words` | what did somebody say of it by hand? |

mod files;
mod groups;
mod resolve;
mod rule;
mod settle;
mod words;

pub(crate) use files::{join, may_join};
pub use rule::Rule;
pub use settle::Settled;
pub(crate) use settle::{Where, joined, joined_with, other_rule, settle};
pub(crate) use words::whom_to_erase;
pub use words::{IdentityError, join_by_hand, keep_apart, settle_now, undo_batch};
