-- The schema of a shared log. It is executed once, by its owner, in one transaction, under search_path = pg_catalog.
-- Every function has a search_path of its own, so that no caller can put another object before those it names.

CREATE SCHEMA IF NOT EXISTS dialogue_registry;

CREATE TABLE dialogue_registry.about (schema integer NOT NULL);

CREATE TABLE dialogue_registry.events (
    position bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    schema integer NOT NULL,
    data text NOT NULL,
    source text,
    citation text,
    edition text,
    by text NOT NULL,
    recorded_at text COLLATE "C" NOT NULL,
    salt bytea NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (subject, version)
);

-- The words of events that every reader of this log can read, and the highest schema of each. A word of three parts
-- or more needs no entry: it belongs to a program, and readers that do not know it keep the event as it is.
CREATE TABLE dialogue_registry.words (word text COLLATE "C" PRIMARY KEY, schema integer NOT NULL);

-- The lock of writers. No role may lock it except through take_turn().
CREATE TABLE dialogue_registry.turn ();

CREATE FUNCTION dialogue_registry.take_turn() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('lock_timeout') = '0' THEN -- a program without a limit of its own
        PERFORM set_config('lock_timeout', '30s', true);
    END IF;
    LOCK TABLE dialogue_registry.turn IN EXCLUSIVE MODE; -- pg_dump takes ACCESS SHARE, which does not conflict
    -- A writer that stops within its transaction loses the lock after a minute.
    PERFORM set_config('idle_in_transaction_session_timeout', '60s', true);
END $$;

REVOKE ALL ON FUNCTION dialogue_registry.take_turn() FROM PUBLIC;

CREATE FUNCTION dialogue_registry.before_append() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM dialogue_registry.take_turn();
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true); -- an acknowledged event is durable
    END IF;
    RETURN NULL;
END $$;

-- Refuse events that do not continue the log (check_violation), and those that could not be read again
-- (data_exception): a writer that does not use this library must not stop those that do.
CREATE FUNCTION dialogue_registry.after_append() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    low bigint; high bigint; number bigint; before bigint; last bytea; latest text; problem text;
BEGIN
    SELECT min(position), max(position), count(*) INTO low, high, number FROM fresh;
    IF number = 0 THEN
        RETURN NULL;
    END IF;
    SELECT position, hash, recorded_at INTO before, last, latest FROM dialogue_registry.events
        WHERE position < low ORDER BY position DESC LIMIT 1;
    IF low <> coalesce(before, 0) + 1 OR high - low + 1 <> number THEN
        RAISE EXCEPTION 'position % does not follow %', low, coalesce(before, 0) USING ERRCODE = 'unique_violation';
    END IF;
    SELECT wrong, position INTO problem, low FROM (
        SELECT position, CASE
            WHEN hash <> sha256(earlier_hash || sha256(salt || convert_to(length(data) || ':' || data || ' '
                    || coalesce(length(citation) || ':' || citation, '-') || ' '
                    || coalesce(length(edition) || ':' || edition, '-'), 'UTF8')) || convert_to(
                    'dialogue_registry/2 ' || position || ' ' || version || ' ' || schema || ' '
                    || length(id) || ':' || id || ' ' || length(subject) || ':' || subject || ' '
                    || length(type) || ':' || type || ' ' || length(by) || ':' || by || ' '
                    || length(recorded_at) || ':' || recorded_at || ' '
                    || coalesce(length(source) || ':' || source, '-'), 'UTF8'))
                THEN 'does not continue the hash chain'
            WHEN version <> 1 + CASE WHEN subject = earlier_subject THEN earlier_version ELSE coalesce((
                    SELECT earlier.version FROM dialogue_registry.events AS earlier
                    WHERE earlier.subject = appended.subject AND earlier.version = appended.version - 1
                        AND earlier.position < appended.position
                ), 0) END
                THEN 'does not continue the versions of its subject'
            WHEN recorded_at < earlier_instant THEN 'does not continue the instants: it goes back'
            WHEN recorded_at IS DISTINCT FROM earlier_instant AND (
                    recorded_at !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$' OR recorded_at IS DISTINCT FROM
                    to_char(recorded_at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                THEN 'has an instant that is not written as this library does'
            WHEN recorded_at IS DISTINCT FROM earlier_instant AND
                    recorded_at::timestamptz > clock_timestamp() + interval '1 day'
                THEN 'has an instant more than a day ahead of the server: set the clock that is wrong'
            WHEN id::uuid::text <> id THEN 'has an id that is no UUID'
            WHEN ('x' || right(id, 10))::bit(40)::bigint <> position THEN 'has an id that carries another position'
            WHEN octet_length(salt) <> 16 THEN 'has a salt that is not of 16 bytes'
            WHEN octet_length(citation) > 20000000 OR NOT (
                    SELECT bool_and(CASE WHEN key = 'as_written' THEN jsonb_typeof(value) = 'array'
                        AND NOT jsonb_path_exists(value, 'strict $[*] ? (@.type() != "array" || @.size() != 2)')
                        AND NOT jsonb_path_exists(value, '$[*][*] ? (@.type() != "string")')
                        ELSE key IN ('locator', 'quote', 'row') AND jsonb_typeof(value) = 'string' END)
                    FROM jsonb_each(citation::jsonb)
                ) THEN 'has a citation that this library does not write'
            WHEN octet_length(subject) > 1000 OR octet_length(by) > 4000000 OR octet_length(data) > 20000000
                THEN 'is too long'
            WHEN jsonb_path_exists(data::jsonb, '$.**{33}') THEN 'has data that is nested too deeply'
            WHEN left(data, 1) <> '{' THEN 'has data that is no JSON object'
        END AS wrong
        FROM (
            SELECT *, lag(hash, 1, coalesce(last, decode(repeat('00', 32), 'hex'))) OVER log AS earlier_hash,
                lag(subject) OVER log AS earlier_subject, lag(version) OVER log AS earlier_version,
                lag(recorded_at, 1, latest) OVER log AS earlier_instant
            FROM fresh WINDOW log AS (ORDER BY position)
        ) AS appended
    ) AS checked WHERE wrong IS NOT NULL ORDER BY position LIMIT 1;
    IF problem IS NULL THEN -- what many events share is looked at once
        SELECT wrong, position INTO problem, low FROM (
            SELECT position, CASE
                WHEN type ~ '[^a-z0-9.-]' OR length(type) > 200 OR of_kind.schema < 1
                    THEN 'has a word that no kind of event has'
                WHEN type NOT LIKE '%.%.%' AND of_kind.schema > coalesce(known.schema, 0) THEN format(
                    'is %s of schema %s, which this log does not know: let its owner run "dialogue-registry init" '
                    'with the version of the library that recorded it', type, of_kind.schema)
            END AS wrong
            FROM (SELECT type, schema, min(position) AS position FROM fresh GROUP BY type, schema) AS of_kind
            LEFT JOIN dialogue_registry.words AS known ON known.word = type
            UNION ALL
            SELECT position, CASE
                WHEN octet_length(source) > 20000000 OR (
                    SELECT bool_and(jsonb_typeof(value) = 'string'
                        AND key IN ('title', 'url', 'publisher', 'published', 'language', 'kind'))
                        AND bool_or(key = 'title' AND value <> '""')
                    FROM jsonb_each(source::jsonb)
                ) IS NOT TRUE THEN 'has a source that is no JSON object of texts with a title'
            END
            FROM (SELECT source, min(position) AS position FROM fresh WHERE source IS NOT NULL GROUP BY source) AS sources
            UNION ALL
            SELECT position, CASE
                WHEN octet_length(edition) > 1000000 OR (
                    SELECT bool_and(CASE key
                        WHEN 'run' THEN jsonb_typeof(value) = 'number' AND value::text ~ '^[1-9][0-9]{0,17}$'
                        ELSE jsonb_typeof(value) = 'string' AND key IN ('table', 'edition') END)
                    FROM jsonb_each(edition::jsonb)
                ) IS NOT TRUE THEN 'has an edition that is no JSON object of the texts table and edition and a run'
            END
            FROM (SELECT edition, min(position) AS position FROM fresh WHERE edition IS NOT NULL GROUP BY edition) AS tables
        ) AS checked WHERE wrong IS NOT NULL ORDER BY position LIMIT 1;
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'the event for position % %', low, problem USING ERRCODE =
            CASE WHEN problem LIKE 'does not continue%' THEN 'check_violation' ELSE 'data_exception' END;
    END IF;
    -- A full queue of notifications would fail the commit. Followers look at intervals too, so nothing is lost.
    IF pg_notification_queue_usage() < 0.5 THEN
        PERFORM pg_notify('dialogue_registry', high::text);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dialogue_registry.keep() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: record a correction or a retraction instead'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER before_append BEFORE INSERT ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.before_append();

CREATE TRIGGER after_append AFTER INSERT ON dialogue_registry.events REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.after_append();

CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON dialogue_registry.events
    FOR EACH STATEMENT EXECUTE FUNCTION dialogue_registry.keep();
