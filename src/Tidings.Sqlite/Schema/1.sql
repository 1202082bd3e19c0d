-- The first schema of the log. One statement of the program's own per line of thought; changed only by a further file.

-- Where the log begins and ends. One row, written in the transaction of every append and every pruning.
CREATE TABLE meta (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    epoch    INTEGER NOT NULL,
    id_key   BLOB    NOT NULL,
    last     INTEGER NOT NULL,
    floor    INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);

-- topics: the canonical one first, one a line (a topic holds no control characters). published_at: 100 ns since the year 1, UTC.
CREATE TABLE event (
    sequence     INTEGER PRIMARY KEY,
    tag          INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    is_private   INTEGER NOT NULL,
    rule         INTEGER NOT NULL,
    topics       TEXT    NOT NULL,
    publisher_id TEXT,
    body         BLOB    NOT NULL,
    checksum     INTEGER NOT NULL
);

CREATE INDEX event_publisher_id ON event (publisher_id, sequence) WHERE publisher_id IS NOT NULL;
CREATE INDEX event_rule ON event (rule, sequence) WHERE rule <> 0;
CREATE INDEX event_rule_topics ON event (rule, topics) WHERE rule <> 0;

-- Retention of some topics. A rule that is configured no more stays until the log's floor has passed its own.
CREATE TABLE rule (
    id       INTEGER PRIMARY KEY,
    matcher  TEXT    NOT NULL UNIQUE,
    floor    INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);

-- Idempotency keys, written in the transaction of their event; both digests have 16 bytes.
CREATE TABLE idempotency (
    key          BLOB    PRIMARY KEY,
    content      BLOB    NOT NULL,
    sequence     INTEGER NOT NULL,
    tag          INTEGER NOT NULL,
    published_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX idempotency_sequence ON idempotency (sequence);
