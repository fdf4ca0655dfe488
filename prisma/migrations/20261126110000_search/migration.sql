-- CreateTable
CREATE TABLE "chat_message_search" (
    "message_id" BIGINT NOT NULL,
    "session_id" BIGINT NOT NULL,
    "content" TEXT NOT NULL,
    "created" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chat_message_search_pkey" PRIMARY KEY ("message_id")
);

-- CreateTable
CREATE TABLE "chat_session_times" (
    "session_id" BIGINT NOT NULL,
    "admin_id" BIGINT,
    "created" TIMESTAMPTZ(3) NOT NULL,
    "claimed_after" INTEGER,
    "answered_after" INTEGER,
    "closed_after" INTEGER,

    CONSTRAINT "chat_session_times_pkey" PRIMARY KEY ("session_id")
);

-- CreateIndex
CREATE INDEX "chat_session_times_created" ON "chat_session_times"("created");

-- Below: what the Prisma schema cannot say.

-- Both tables are filled by the service, from the first message and the first change on. They are complete from the message
-- next_message_id on.
INSERT INTO "event_cursor" ("consumer", "message_id", "change_id", "unread_id", "next_message_id", "next_change_id", "next_unread_id", "next_at")
SELECT "consumer", 0, 0, 0, coalesce((SELECT max("id") FROM "chat_message"), 0), 0, 0, now()
FROM unnest('{search,reports}'::text[]) AS "consumer";

-- What is deleted must not be found. The filling of the table holds the cursor's row while it works, so that it cannot add
-- what is being deleted.
CREATE FUNCTION "forget_message_text"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM "event_cursor" WHERE "consumer" = 'search' FOR SHARE;
    DELETE FROM "chat_message_search" WHERE "message_id" IN (SELECT "id" FROM gone);
    RETURN NULL;
END
$$;

-- It runs as the role that migrates, for the reason that 20261126100000_desk tells.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION "forget_message_text"() SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
    REVOKE ALL ON FUNCTION "forget_message_text"() FROM PUBLIC;
END
$$;

-- Parts of words are found by the extension pg_trgm, whole words without it. The index is the one of SEARCH_LANGUAGE's
-- default; the service replaces it when the setting, or the extension, is another one.
DO $$
DECLARE
    extension_schema text;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'pg_trgm cannot be created: %', SQLERRM;
    END;
    SELECT quote_ident(nspname) INTO extension_schema
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
    EXECUTE format(
        'CREATE INDEX %I ON "chat_message_search" USING gin (to_tsvector(''simple''::regconfig, "content"), %s(ARRAY["session_id"]), (ARRAY["message_id" >> 12, -1 - ("message_id" >> 18)])) WITH (gin_pending_list_limit = 1024)',
        CASE WHEN extension_schema IS NULL THEN 'chat_message_search_words_simple' ELSE 'chat_message_search_parts_simple' END,
        coalesce('"content" ' || extension_schema || '.gin_trgm_ops, ', '')
    );
END
$$;

-- The trigger locks chat_message against writes for a moment only. The lock is asked for with a short timeout, again and
-- again: a lock that waits behind a long writer would have everybody else wait behind it.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "chat_message" IN SHARE ROW EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

CREATE TRIGGER "chat_message_deleted" AFTER DELETE ON "chat_message" REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION "forget_message_text"();
