-- Times are microseconds UTC. What is said once of the workspace itself.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'abandoned')),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    detail      TEXT NOT NULL,
    error       TEXT,
    CHECK ((state = 'running') = (finished_at IS NULL))
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, started_at);

CREATE TABLE sources (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('folder', 'adbc', 'shopify', 'woocommerce')),
    config      TEXT NOT NULL,
    cursor      TEXT,
    last_run_at INTEGER,
    last_error  TEXT,
    enabled     INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
) STRICT;

-- Apart, so that no list of sources can show them.
CREATE TABLE source_secrets (
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    secret    TEXT NOT NULL
) STRICT;
