//! Who was taken for whom: a journal of joins and partings, and what somebody said about it by hand.

use patron_core::Instant;
use sqlx::Row;

use crate::database::{Database, Value};
use crate::error::StateError;
use crate::state::State;

/// Why a customer is the person that the customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// An e-mail address in common.
    Email,
    /// A telephone number in common.
    Phone,
    /// Somebody said so.
    Word,
    /// Nothing joins the customer with anybody any more.
    None,
}

/// A customer who became another person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdentityMove {
    /// Who.
    pub customer_id: String,
    /// The person before.
    pub from: String,
    /// The person since.
    pub to: String,
    /// Why.
    pub reason: Reason,
}

/// What changed at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// What it came with: `import`, `undo`, `join`, …
    pub cause: String,
    /// The ledger's snapshot since which it holds; nothing if its program ended before.
    pub snapshot: Option<i64>,
    /// The batch that took it back.
    pub undone_by: Option<i64>,
    /// How many customers changed.
    pub customers: u64,
}

/// What somebody said of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The batch that is taken back by it.
    pub undoes: Option<i64>,
    /// Of whom.
    pub customer_id: String,
    /// One with this customer; with nobody, if nothing is named.
    pub with: Option<String>,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::Word, Self::None];

    /// Returns the word for it in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Word => "word",
            Self::None => "none",
        }
    }
}

const BATCHES: &str = "SELECT b.id, b.at, b.cause, b.snapshot, b.undone_by, \
    (SELECT count(DISTINCT customer_id) FROM identity_moves WHERE batch = b.id) \
    FROM identity_batches b ORDER BY b.id DESC";

impl State {
    /// Notes what is about to change; returns the number of the batch, which [`State::settle_identity`] ends.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::NoSpace`], [`StateError::ReadOnly`].
    pub fn begin_identity(
        &self,
        cause: &str,
        at: Instant,
        moves: &[IdentityMove],
    ) -> Result<i64, StateError> {
        self.database().write(|database| {
            let sql = "INSERT INTO identity_batches (at, cause) VALUES (?, ?)";
            let (_, batch) =
                database.execute(sql, &[Value::Integer(at.0), Value::Text(cause)])?;
            for one in moves {
                let sql = "INSERT INTO identity_moves (batch, customer_id, from_person, to_person, reason) VALUES (?, ?, ?, ?, ?)";
                let values = [
                    Value::Integer(batch),
                    Value::Text(&one.customer_id),
                    Value::Text(&one.from),
                    Value::Text(&one.to),
                    Value::Text(one.reason.key()),
                ];
                database.execute(sql, &values)?;
            }
            Ok(batch)
        })
    }

    /// Notes that a batch holds since a snapshot.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn settle_identity(&self, batch: i64, snapshot: i64) -> Result<(), StateError> {
        let sql = "UPDATE identity_batches SET snapshot = ? WHERE id = ?";
        let values = [Value::Integer(snapshot), Value::Integer(batch)];
        self.database().execute(sql, &values).map(drop)
    }

    /// Forgets a batch that never came to hold.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn drop_identity(&self, batch: i64) -> Result<(), StateError> {
        let sql = "DELETE FROM identity_batches WHERE id = ? AND snapshot IS NULL";
        self.database()
            .execute(sql, &[Value::Integer(batch)])
            .map(drop)
    }

    /// Returns all batches, newest first.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::Damaged`].
    pub fn identity_batches(&self) -> Result<Vec<Batch>, StateError> {
        self.database().query(BATCHES, &[], |row| {
            Ok(Batch {
                id: row.try_get(0)?,
                at: Instant(row.try_get(1)?),
                cause: row.try_get(2)?,
                snapshot: row.try_get(3)?,
                undone_by: row.try_get(4)?,
                customers: row.try_get::<i64, _>(5)?.unsigned_abs(),
            })
        })
    }

    /// Returns the moves of a batch, by customer.
    ///
    /// # Errors
    /// As [`State::identity_batches`].
    pub fn identity_moves(&self, batch: i64) -> Result<Vec<IdentityMove>, StateError> {
        let sql = "SELECT customer_id, from_person, to_person, reason FROM identity_moves WHERE batch = ? ORDER BY customer_id, from_person";
        self.database().query(sql, &[Value::Integer(batch)], |row| {
            let reason: String = row.try_get(3)?;
            let reason = Reason::ALL.into_iter().find(|known| known.key() == reason);
            Ok(IdentityMove {
                customer_id: row.try_get(0)?,
                from: row.try_get(1)?,
                to: row.try_get(2)?,
                reason: reason.unwrap_or(Reason::None),
            })
        })
    }

    /// Returns what somebody said by hand, from old to new.
    ///
    /// # Errors
    /// As [`State::identity_batches`].
    pub fn identity_words(&self) -> Result<Vec<Word>, StateError> {
        let sql = "SELECT undoes, customer_id, with_id FROM identity_words ORDER BY id";
        self.database().query(sql, &[], |row| {
            Ok(Word {
                undoes: row.try_get(0)?,
                customer_id: row.try_get(1)?,
                with: row.try_get(2)?,
            })
        })
    }

    /// Notes that a customer is one with another, or with nobody; what was said of the customer before holds no more.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn say_identity(&self, customer: &str, with: Option<&str>) -> Result<(), StateError> {
        self.database().write(|database| {
            forget_words(database, customer)?;
            if with.is_none() {
                let sql = "DELETE FROM identity_words WHERE with_id = ?";
                database.execute(sql, &[Value::Text(customer)])?;
            }
            let sql = "INSERT INTO identity_words (customer_id, with_id) VALUES (?, ?)";
            let values = [Value::Text(customer), Value::optional(with)];
            database.execute(sql, &values).map(drop)
        })
    }

    /// Takes a batch back, in words: its customers are one with nobody. If it was itself such a taking back, or a parting, its
    /// words hold no more. Returns how many words were said or taken back.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn undo_identity(&self, batch: i64) -> Result<u64, StateError> {
        self.database().write(|database| {
            let id = Value::Integer(batch);
            // A taking back is known by the batch that it took back.
            let sql = "DELETE FROM identity_words WHERE undoes IN (SELECT id FROM identity_batches WHERE undone_by = ?)";
            let (words, _) = database.execute(sql, std::slice::from_ref(&id))?;
            if words > 0 {
                let sql = "UPDATE identity_batches SET undone_by = NULL WHERE undone_by = ?";
                database.execute(sql, &[id])?;
                return Ok(words);
            }
            let sql = "SELECT count(*) FROM identity_batches WHERE id = ? AND cause = 'part'";
            let parted = database.query(sql, std::slice::from_ref(&id), |row| {
                row.try_get::<i64, _>(0)
            })?;
            if parted.first() == Some(&1) {
                let sql = "DELETE FROM identity_words WHERE with_id IS NULL AND customer_id IN (SELECT customer_id FROM identity_moves WHERE batch = ?)";
                return database.execute(sql, &[id]).map(|(words, _)| words);
            }
            let sql = "DELETE FROM identity_words WHERE customer_id IN (SELECT customer_id FROM identity_moves WHERE batch = ?1) OR with_id IN (SELECT customer_id FROM identity_moves WHERE batch = ?1)";
            database.execute(sql, std::slice::from_ref(&id))?;
            let sql = "INSERT INTO identity_words (undoes, customer_id) SELECT DISTINCT batch, customer_id FROM identity_moves WHERE batch = ?";
            database.execute(sql, &[id]).map(|(words, _)| words)
        })
    }

    /// Notes which batch took another back.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn mark_undone(&self, batch: i64, by: i64) -> Result<(), StateError> {
        let sql = "UPDATE identity_batches SET undone_by = ? WHERE id = ?";
        let values = [Value::Integer(by), Value::Integer(batch)];
        self.database().execute(sql, &values).map(drop)
    }

    /// Returns every person that a customer ever was, of whom the journal knows.
    ///
    /// # Errors
    /// As [`State::identity_batches`].
    pub fn persons_ever_of(&self, customer: &str) -> Result<Vec<String>, StateError> {
        let sql = "SELECT from_person FROM identity_moves WHERE customer_id = ? UNION SELECT to_person FROM identity_moves WHERE customer_id = ?";
        let values = [Value::Text(customer), Value::Text(customer)];
        self.database().query(sql, &values, |row| row.try_get(0))
    }

    /// Notes by which rule the ledger's customers are joined.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn set_identity_rule(&self, rule: &str) -> Result<(), StateError> {
        let sql = "INSERT INTO meta (name, value) VALUES ('identity_rule', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.database().execute(sql, &[Value::Text(rule)]).map(drop)
    }

    /// Returns by which rule the ledger's customers are joined; nothing if none ever was.
    ///
    /// # Errors
    /// As [`State::identity_batches`].
    pub fn identity_rule(&self) -> Result<Option<String>, StateError> {
        let sql = "SELECT value FROM meta WHERE name = 'identity_rule'";
        let found = self.database().query(sql, &[], |row| row.try_get(0))?;
        Ok(found.into_iter().next())
    }

    /// Forgets everything of a customer who is erased.
    ///
    /// # Errors
    /// As [`State::begin_identity`].
    pub fn forget_identity(&self, id: &str) -> Result<(), StateError> {
        self.database().write(|database| {
            let sql = "DELETE FROM identity_moves WHERE ? IN (customer_id, from_person, to_person)";
            database.execute(sql, &[Value::Text(id)])?;
            forget_words(database, id)?;
            let sql = "DELETE FROM identity_words WHERE with_id = ?";
            database.execute(sql, &[Value::Text(id)]).map(drop)
        })
    }
}

fn forget_words(database: &mut Database, customer: &str) -> Result<(), StateError> {
    let sql = "DELETE FROM identity_words WHERE customer_id = ?";
    database.execute(sql, &[Value::Text(customer)]).map(drop)
}
