-- Who was taken for whom, and what somebody said about it by hand. Times are microseconds UTC.
CREATE TABLE identity_batches (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    cause     TEXT NOT NULL,
    -- The ledger's snapshot since which it holds; none until it does.
    snapshot  INTEGER,
    undone_by INTEGER REFERENCES identity_batches (id)
) STRICT;

CREATE TABLE identity_moves (
    batch       INTEGER NOT NULL REFERENCES identity_batches (id) ON DELETE CASCADE,
    customer_id TEXT NOT NULL,
    from_person TEXT NOT NULL,
    to_person   TEXT NOT NULL,
    reason      TEXT NOT NULL CHECK (reason IN ('email', 'phone', 'word', 'none')),
    PRIMARY KEY (batch, customer_id, from_person)
) STRICT, WITHOUT ROWID;

-- Words of somebody: a customer is one with another, or with nobody.
CREATE TABLE identity_words (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The batch that somebody undid, where that is how it was said.
    undoes      INTEGER REFERENCES identity_batches (id),
    customer_id TEXT NOT NULL,
    with_id     TEXT
) STRICT;

CREATE INDEX identity_words_by_customer ON identity_words (customer_id);
