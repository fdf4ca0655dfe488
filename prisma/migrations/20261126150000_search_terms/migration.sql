-- CreateTable
CREATE TABLE "chat_search_term" (
    "term" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "chat_search_term_pkey" PRIMARY KEY ("term")
);

-- Below: what the Prisma schema cannot say.

-- The terms of a text: what stands between its spaces, in lower case. A part of a word that is searched for has no space in
-- it, so a text holds the part if, and only if, one of its terms does.
-- PostgreSQL 15 knows no '\v', and would take it for a letter.
-- An entry of a GIN index has about 2,700 bytes at most, so of a longer term there are pieces of 510 characters. They overlap
-- by more characters than a question may have.
CREATE FUNCTION "message_terms_long"("content" text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    WITH terms AS (
        SELECT term, place
        FROM unnest(string_to_array(translate(lower("content"), E'\t\n\r\f\x0B', '     '), ' ')) WITH ORDINALITY AS term (term, place)
        WHERE term <> ''
    ), pieces AS (
        SELECT part[1] || lead(part[1]) OVER (PARTITION BY place ORDER BY number) AS piece
        FROM terms, regexp_matches(term, '.{1,255}', 'g') WITH ORDINALITY AS part (part, number)
        WHERE length(term) > 510
    )
    SELECT coalesce(array_agg(DISTINCT term COLLATE "C"), '{}') FROM (
        SELECT term FROM terms WHERE length(term) <= 510 UNION ALL SELECT piece FROM pieces WHERE piece IS NOT NULL
    ) all_terms
);

-- This one is inlined, which makes it several times faster.
CREATE FUNCTION "message_terms"("content" text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN octet_length("content") <= 510
    THEN array_remove(string_to_array(translate(lower("content"), E'\t\n\r\f\x0B', '     '), ' '), '')
    ELSE "message_terms_long"("content")
END;

-- The terms are kept from the moment on when the index chat_message_search_terms is there. Who builds it, writes those of
-- all messages before, and holds a lock meanwhile that keeps messages from being added and deleted.
CREATE FUNCTION "add_search_terms"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('chat_message_search_terms') IS NOT NULL THEN
        INSERT INTO "chat_search_term" ("term")
        SELECT DISTINCT term COLLATE "C" FROM added, unnest("message_terms"("content")) AS term
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

-- Whether a message holds a term. Only the index may answer: the planner expects to find a term soon in the table itself, and
-- would read all of it for one that is in no message.
CREATE FUNCTION "is_term_held"("asked" text) RETURNS boolean LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM "chat_message_search" WHERE ("message_terms"("content") COLLATE "C") && ARRAY["asked"]
    );
END
$$;

-- What is deleted must not be found, nor may a term be kept that no message holds any more. The terms of the newest messages
-- are left out at once: of a common term, the index would list millions of messages. One deletion at a time: each of two would
-- take the other one's message for one that stays.
CREATE OR REPLACE FUNCTION "forget_message_text"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    terms text[];
BEGIN
    PERFORM FROM "event_cursor" WHERE "consumer" = 'search' FOR UPDATE;
    WITH forgotten AS (
        DELETE FROM "chat_message_search" WHERE "message_id" IN (SELECT "id" FROM gone) RETURNING "content"
    )
    SELECT array_agg(DISTINCT term COLLATE "C") INTO terms FROM forgotten, unnest("message_terms"("content")) AS term;
    IF terms IS NOT NULL AND to_regclass('chat_message_search_terms') IS NOT NULL THEN
        SELECT array_agg(term) INTO terms FROM (
            SELECT unnest(terms) COLLATE "C" AS term
            EXCEPT
            SELECT unnest("message_terms"("content")) COLLATE "C"
            FROM (SELECT "content" FROM "chat_message_search" ORDER BY "message_id" DESC LIMIT 2000) newest
        ) rare;
        DELETE FROM "chat_search_term" WHERE "term" = ANY (terms) AND NOT "is_term_held"("term");
    END IF;
    RETURN NULL;
END
$$;

-- They run as the role that migrates, for the reason that 20261126100000_desk tells.
DO $$
DECLARE
    function_name text;
BEGIN
    FOREACH function_name IN ARRAY '{add_search_terms,forget_message_text}'::text[] LOOP
        EXECUTE format('ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp', function_name, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %I() FROM PUBLIC', function_name);
    END LOOP;
END
$$;

-- Who fills the table of the search waits for this lock, no send does. While a node builds an index, it cannot be had. It is
-- asked for with a short timeout, again and again: a deletion of messages would wait behind it.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "chat_message_search" IN SHARE ROW EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

CREATE TRIGGER "chat_message_search_added" AFTER INSERT ON "chat_message_search" REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION "add_search_terms"();

-- Where nothing has been copied for the search so far, the indexes take no time. Otherwise the service builds them, and
-- searches without them meanwhile.
DO $$
DECLARE
    extension_schema text;
BEGIN
    IF EXISTS (SELECT FROM "chat_message_search") THEN
        RETURN;
    END IF;
    CREATE INDEX "chat_message_search_terms" ON "chat_message_search" USING gin (
        (ARRAY["message_id" >> 12, -1 - ("message_id" >> 18)]), ("message_terms"("content") COLLATE "C")
    ) WITH (gin_pending_list_limit = 256);
    SELECT quote_ident(nspname) INTO extension_schema
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
    IF extension_schema IS NOT NULL THEN
        EXECUTE format('CREATE INDEX "chat_search_term_parts" ON "chat_search_term" USING gin ("term" %s.gin_trgm_ops) WITH (gin_pending_list_limit = 256)', extension_schema);
    END IF;
END
$$;
