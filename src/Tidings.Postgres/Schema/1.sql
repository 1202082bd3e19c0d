-- The first schema of the shared log; changed only by a further file. {schema} is the schema's name, {channel} that of its notifications.

-- Where the log begins and ends. One row; whoever has locked it appends, so sequences are given in the order of the commits.
CREATE TABLE {schema}.log (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch       bigint  NOT NULL,
    id_key      bytea   NOT NULL CHECK (octet_length(id_key) = 16),
    last        bigint  NOT NULL DEFAULT 0, -- the newest sequence ever given
    last_stored bigint  NOT NULL DEFAULT 0, -- the newest one given to an event that is kept
    floor       bigint  NOT NULL DEFAULT 1, -- retention has taken what is below it; it may still be there for nodes that are a moment behind
    events      bigint  NOT NULL DEFAULT 0, -- how many lie at or above the floor
    bytes       bigint  NOT NULL DEFAULT 0  -- and how many bytes of bodies
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- previous: the event that was stored before this one, so that a missing one is noticed. published_at: 100 ns since the year 1, UTC, by the publisher's clock; stored_at is
-- the database's. topics: the canonical one first, one a line (a topic holds no control characters). body: the frame without its id and blank line.
CREATE TABLE {schema}.event (
    sequence     bigint      PRIMARY KEY,
    previous     bigint      NOT NULL,
    epoch        bigint      NOT NULL,
    tag          bigint      NOT NULL,
    published_at bigint      NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    is_private   boolean     NOT NULL,
    topics       text        NOT NULL,
    publisher_id text,
    body         bytea       NOT NULL
);

CREATE INDEX event_publisher_id ON {schema}.event (publisher_id, sequence) WHERE publisher_id IS NOT NULL;

-- Events for those who follow the log now: ordered like any other, kept for moments. A crash of the database takes them, which is told.
CREATE UNLOGGED TABLE {schema}.live_event (
    sequence     bigint      PRIMARY KEY,
    epoch        bigint      NOT NULL,
    tag          bigint      NOT NULL,
    published_at bigint      NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    is_private   boolean     NOT NULL,
    topics       text        NOT NULL,
    publisher_id text,
    body         bytea       NOT NULL
);

-- Earlier lives of the log: what it holds of them.
CREATE TABLE {schema}.epoch (
    epoch   bigint PRIMARY KEY,
    through bigint NOT NULL
);

-- Idempotency keys of publishers, written with their event.
CREATE TABLE {schema}.idempotency (
    key          uuid   PRIMARY KEY,
    content      uuid   NOT NULL,
    sequence     bigint NOT NULL,
    tag          bigint NOT NULL,
    published_at bigint NOT NULL
);

CREATE INDEX idempotency_sequence ON {schema}.idempotency (sequence);
CREATE INDEX idempotency_published_at ON {schema}.idempotency (published_at);

-- The batch that each node appended last: one whose connection broke asks again and is told what became of it.
CREATE TABLE {schema}.writer (
    writer    uuid        PRIMARY KEY,
    batch     bigint      NOT NULL,
    epoch     bigint      NOT NULL,
    outcomes  smallint[]  NOT NULL,
    sequences bigint[]    NOT NULL,
    tags      bigint[]    NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What transactions publish, until they commit: see publish.
CREATE UNLOGGED TABLE {schema}.outbox (
    id           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction  xid8    NOT NULL DEFAULT pg_current_xact_id(),
    published_at bigint  NOT NULL,
    is_private   boolean NOT NULL,
    topics       text    NOT NULL,
    publisher_id text,
    body         bytea   NOT NULL
);

CREATE INDEX outbox_transaction ON {schema}.outbox (transaction);

-- Appends events, all or none, and returns what became of each, in their order: 0 stored, 1 repeated, 2 key used for another event. The arrays have one element for each
-- event. key_window is in units of 100 ns; null bounds keep everything.
CREATE FUNCTION {schema}.append(
    writer uuid, batch bigint, bodies bytea[], topics text[], tags bigint[], published_at bigint[], is_private boolean[], is_live_only boolean[],
    publisher_ids text[], keys uuid[], contents uuid[], key_window bigint, max_events bigint, max_bytes bigint)
RETURNS TABLE (epoch bigint, outcomes smallint[], sequences bigint[], result_tags bigint[])
LANGUAGE plpgsql SET search_path = {schema}, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
<<this>>
DECLARE
    state     log%ROWTYPE;
    known     idempotency%ROWTYPE;
    outcomes  smallint[];
    sequences bigint[];
    told_tags bigint[] := append.tags;
    has_keys  boolean := false;
    oldest    record;
BEGIN
    SELECT * INTO STRICT state FROM log FOR UPDATE;
    IF append.writer IS NOT NULL THEN
        RETURN QUERY SELECT w.epoch, w.outcomes, w.sequences, w.tags FROM writer w WHERE w.writer = append.writer AND w.batch = append.batch;
        IF FOUND THEN
            RETURN;
        END IF;

        -- A batch that was given up may come late, when the next one is stored already. It must not take that one's place here.
        IF EXISTS (SELECT FROM writer w WHERE w.writer = append.writer AND w.batch > append.batch) THEN
            RAISE EXCEPTION 'tidings: batch % of this node was given up, and comes too late', append.batch USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END IF;

    FOR i IN 1 .. cardinality(append.bodies) LOOP
        IF append.keys[i] IS NOT NULL THEN
            SELECT * INTO known FROM idempotency k WHERE k.key = append.keys[i];
            IF FOUND AND append.published_at[i] - known.published_at <= append.key_window THEN
                outcomes[i] := CASE WHEN known.content = append.contents[i] THEN 1 ELSE 2 END;
                sequences[i] := CASE WHEN known.content = append.contents[i] THEN known.sequence ELSE 0 END;
                told_tags[i] := CASE WHEN known.content = append.contents[i] THEN known.tag ELSE 0 END;
                CONTINUE;
            END IF;
        END IF;

        state.last := state.last + 1;
        outcomes[i] := 0;
        sequences[i] := state.last;
        IF append.keys[i] IS NOT NULL THEN
            INSERT INTO idempotency VALUES (append.keys[i], append.contents[i], state.last, append.tags[i], append.published_at[i])
            ON CONFLICT (key) DO UPDATE SET content = excluded.content, sequence = excluded.sequence, tag = excluded.tag, published_at = excluded.published_at;
        END IF;
    END LOOP;

    WITH given AS (
        SELECT * FROM unnest(this.outcomes, this.sequences, append.bodies, append.topics, append.tags, append.published_at, append.is_private, append.is_live_only, append.publisher_ids)
            AS g (outcome, sequence, body, topics, tag, published_at, is_private, is_live_only, publisher_id)
        WHERE g.outcome = 0
    ), live AS (
        INSERT INTO live_event (sequence, epoch, tag, published_at, is_private, topics, publisher_id, body)
        SELECT g.sequence, state.epoch, g.tag, g.published_at, g.is_private, g.topics, g.publisher_id, g.body FROM given g WHERE g.is_live_only
    ), stored AS (
        INSERT INTO event (sequence, previous, epoch, tag, published_at, is_private, topics, publisher_id, body)
        SELECT g.sequence, coalesce(lag(g.sequence) OVER (ORDER BY g.sequence), state.last_stored), state.epoch, g.tag, g.published_at, g.is_private, g.topics, g.publisher_id, g.body
        FROM given g WHERE NOT g.is_live_only
        RETURNING sequence, octet_length(body) AS size
    )
    SELECT state.events + count(*), state.bytes + coalesce(sum(s.size), 0), coalesce(max(s.sequence), state.last_stored)
    INTO state.events, state.bytes, state.last_stored FROM stored s;

    -- What is kept ends here and now; the rows go later (see Retaining). Not more than a step, so that nobody waits for all that a lower bound gives up: retain takes the rest.
    IF state.events > append.max_events OR state.bytes > append.max_bytes THEN
        FOR oldest IN SELECT e.sequence, octet_length(e.body) AS size FROM event e WHERE e.sequence >= state.floor ORDER BY e.sequence LIMIT cardinality(append.bodies) + 1000 LOOP
            state.events := state.events - 1;
            state.bytes := state.bytes - oldest.size;
            state.floor := oldest.sequence + 1;
            EXIT WHEN state.events <= coalesce(append.max_events, state.events) AND state.bytes <= coalesce(append.max_bytes, state.bytes);
        END LOOP;
        IF state.events = 0 THEN
            state.floor := state.last + 1;
        END IF;
    END IF;

    UPDATE log l SET last = state.last, last_stored = state.last_stored, floor = state.floor, events = state.events, bytes = state.bytes;
    IF append.writer IS NOT NULL THEN
        INSERT INTO writer AS w VALUES (append.writer, append.batch, state.epoch, this.outcomes, this.sequences, told_tags)
        ON CONFLICT (writer) DO UPDATE
        SET batch = excluded.batch, epoch = excluded.epoch, outcomes = excluded.outcomes, sequences = excluded.sequences, tags = excluded.tags, at = excluded.at;
    END IF;

    PERFORM pg_notify('{channel}', '');
    RETURN QUERY SELECT state.epoch, this.outcomes, this.sequences, told_tags;
END
$$;

-- Raises the floor over what max_age, max_events and max_bytes no longer keep, at most "most" events at once; tells how many.
CREATE FUNCTION {schema}.retain(max_age interval, max_events bigint, max_bytes bigint, most integer)
RETURNS integer
LANGUAGE plpgsql SET search_path = {schema}, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    state  log%ROWTYPE;
    oldest record;
    taken  integer := 0;
BEGIN
    SELECT * INTO STRICT state FROM log FOR UPDATE;
    FOR oldest IN SELECT e.sequence, e.stored_at, octet_length(e.body) AS size FROM event e WHERE e.sequence >= state.floor ORDER BY e.sequence LIMIT retain.most LOOP
        EXIT WHEN (retain.max_age IS NULL OR oldest.stored_at >= clock_timestamp() - retain.max_age)
            AND state.events <= coalesce(retain.max_events, state.events)
            AND state.bytes <= coalesce(retain.max_bytes, state.bytes);
        state.events := state.events - 1;
        state.bytes := state.bytes - oldest.size;
        state.floor := oldest.sequence + 1;
        taken := taken + 1;
    END LOOP;
    IF taken > 0 THEN
        IF state.events = 0 THEN
            state.floor := state.last + 1;
        END IF;
        UPDATE log l SET floor = state.floor, events = state.events, bytes = state.bytes;
    END IF;
    RETURN taken;
END
$$;

-- A node has seen that the log lost what it had shown, up to the sequence "shown". The first one to say so begins a new life of the log; no sequence that was shown is given again.
CREATE FUNCTION {schema}.fork(known_epoch bigint, new_epoch bigint, shown bigint)
RETURNS TABLE (epoch bigint, last bigint)
LANGUAGE plpgsql SET search_path = {schema}, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    state log%ROWTYPE;
BEGIN
    SELECT * INTO STRICT state FROM log FOR UPDATE;
    IF state.epoch = fork.known_epoch THEN
        INSERT INTO epoch VALUES (state.epoch, state.last);
        state.epoch := fork.new_epoch;
    END IF;
    state.last := greatest(state.last, fork.shown);
    UPDATE log l SET epoch = state.epoch, last = state.last;
    PERFORM pg_notify('{channel}', '');
    RETURN QUERY SELECT state.epoch, state.last;
END
$$;

-- Says what is wrong with a topic, an event type or an id; null if nothing is.
CREATE FUNCTION {schema}.complaint(value text, max_bytes integer)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN value IS NULL OR value = '' THEN 'cannot be empty'
        WHEN value ~ '[\u0001-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]'
            THEN 'cannot hold control or format characters'
        WHEN octet_length(value) > max_bytes THEN format('cannot be longer than %s bytes', max_bytes)
    END
$$;

-- Publishes an event in the transaction of whoever calls it: it takes its place in the log when the transaction commits, and does not exist if that is rolled back.
CREATE FUNCTION {schema}.publish(
    topic text, data text, type text DEFAULT NULL, id text DEFAULT NULL, private boolean DEFAULT false, retry integer DEFAULT NULL, alternates text[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    topics text[] := array_prepend(publish.topic, coalesce(publish.alternates, '{}'));
    wrong  text;
    body   text := '';
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'tidings: an event can be published in a transaction of the level READ COMMITTED only, and this one is %', upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'The place in the order is given at the commit, and a transaction of a higher level does not see what others have appended since it began.';
    END IF;
    FOR i IN 1 .. cardinality(topics) LOOP
        wrong := CASE WHEN topics[i] = '*' THEN 'cannot be "*", which stands for every topic' ELSE complaint(topics[i], 4096) END;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'tidings: a topic %', wrong USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END LOOP;
    IF publish.type IS NOT NULL THEN
        wrong := CASE WHEN publish.type = 'mercure' OR publish.type LIKE 'tidings-%' THEN 'cannot be "mercure" or begin with "tidings-": the hub alone sends those' ELSE complaint(publish.type, 255) END;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'tidings: an event type %', wrong USING ERRCODE = 'invalid_parameter_value';
        END IF;
        body := body || 'event: ' || publish.type || E'\n';
    END IF;
    IF publish.id IS NOT NULL THEN
        wrong := CASE WHEN publish.id = 'earliest' OR publish.id LIKE '#%' THEN 'cannot be "earliest" or begin with "#": those mean something to the protocol' ELSE complaint(publish.id, 255) END;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'tidings: an event id %', wrong USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    IF publish.retry IS NOT NULL THEN
        IF publish.retry < 0 THEN
            RAISE EXCEPTION 'tidings: a reconnection time cannot be negative; it is in milliseconds' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        body := body || 'retry: ' || publish.retry || E'\n';
    END IF;
    IF publish.data IS NOT NULL THEN
        -- CR, LF and CRLF each end a line, and each line is a field of its own: nothing in the data can become another field.
        body := body || 'data: ' || regexp_replace(publish.data, E'\r\n|\r|\n', E'\ndata: ', 'g') || E'\n';
    END IF;
    INSERT INTO outbox (published_at, is_private, topics, publisher_id, body)
    VALUES (
        (extract(epoch FROM clock_timestamp()) * 10000000)::bigint + 621355968000000000, coalesce(publish.private, false),
        array_to_string(topics, E'\n'), publish.id, convert_to(body, 'UTF8'));
END
$$;

-- Runs when a transaction that has published commits: the first of its rows takes all of them to the log.
CREATE FUNCTION {schema}.append_outbox()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    given record;
BEGIN
    WITH taken AS (DELETE FROM outbox WHERE transaction = pg_current_xact_id() RETURNING *)
    SELECT array_agg(body ORDER BY id) AS bodies, array_agg(topics ORDER BY id) AS topics, array_agg(published_at ORDER BY id) AS published_at,
        array_agg(is_private ORDER BY id) AS is_private, array_agg(publisher_id ORDER BY id) AS publisher_ids, array_agg(false) AS is_live_only,
        -- 40 random bits, not zero, of a random uuid.
        array_agg(greatest(1, ('x' || left(replace(gen_random_uuid()::text, '-', ''), 10))::bit(40)::bigint)) AS tags,
        array_agg(NULL::uuid) AS no_keys
    INTO given FROM taken;
    IF given.bodies IS NOT NULL THEN
        PERFORM append(NULL, NULL, given.bodies, given.topics, given.tags, given.published_at, given.is_private, given.is_live_only, given.publisher_ids, given.no_keys, given.no_keys, 0, NULL, NULL);
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER append_outbox AFTER INSERT ON {schema}.outbox
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.append_outbox();

-- Only publish is for everybody who may use the schema.
REVOKE ALL ON FUNCTION {schema}.append FROM PUBLIC;
REVOKE ALL ON FUNCTION {schema}.retain FROM PUBLIC;
REVOKE ALL ON FUNCTION {schema}.fork FROM PUBLIC;
REVOKE ALL ON FUNCTION {schema}.append_outbox FROM PUBLIC;
