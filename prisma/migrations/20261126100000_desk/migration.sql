-- The tables are new, so that their foreign keys have nothing to check. Writers to chat_session wait while its three indexes
-- are built, which have one entry for each closed session. CREATE INDEX CONCURRENTLY would wait for the statements of
-- nodes that wait for this migration, and they for it. All locks are taken at once, in the order in which a claim takes
-- them, and with a short timeout, again and again: a lock that waits behind a long writer would have everybody else wait
-- behind it.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "admin", "chat_session" IN SHARE ROW EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

-- CreateTable
CREATE TABLE "chat_session_details" (
    "session_id" BIGINT NOT NULL,
    "tags" TEXT[],
    "priority" SMALLINT NOT NULL DEFAULT 0,
    "status" "session_status" NOT NULL,
    "holder_id" BIGINT NOT NULL DEFAULT 0,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_session_details_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "chat_session_tag" (
    "session_id" BIGINT NOT NULL,
    "tag" TEXT NOT NULL,
    "status" "session_status" NOT NULL,
    "holder_id" BIGINT NOT NULL,
    "priority" SMALLINT NOT NULL,

    CONSTRAINT "chat_session_tag_pkey" PRIMARY KEY ("session_id","tag")
);

-- CreateTable
CREATE TABLE "chat_note" (
    "id" BIGSERIAL NOT NULL,
    "session_id" BIGINT NOT NULL,
    "admin_id" BIGINT NOT NULL,
    "content" TEXT NOT NULL,
    "client_note_id" TEXT,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_note_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "canned_reply" (
    "id" BIGSERIAL NOT NULL,
    "admin_id" BIGINT,
    "shortcut" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "canned_reply_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "canned_reply_use" (
    "canned_reply_id" BIGINT NOT NULL,
    "admin_id" BIGINT NOT NULL,
    "uses" INTEGER NOT NULL,

    CONSTRAINT "canned_reply_use_pkey" PRIMARY KEY ("canned_reply_id","admin_id")
);

-- CreateTable
CREATE TABLE "chat_rating" (
    "session_id" BIGINT NOT NULL,
    "score" SMALLINT NOT NULL,
    "comment" TEXT NOT NULL DEFAULT '',
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_rating_pkey" PRIMARY KEY ("session_id")
);

-- CreateIndex
CREATE INDEX "chat_session_closed" ON "chat_session"("id") WHERE (status = 'closed');

-- CreateIndex
CREATE INDEX "chat_session_closed_holder" ON "chat_session"("admin_id", "id") WHERE (status = 'closed');

-- CreateIndex
CREATE INDEX "chat_session_closed_unheld" ON "chat_session"("id") WHERE (status = 'closed' AND admin_id IS NULL);

-- CreateIndex
CREATE INDEX "chat_session_details_urgent" ON "chat_session_details"("status", "priority", "session_id") WHERE (priority > 0 AND status <> 'closed');

-- CreateIndex
CREATE INDEX "chat_session_tag_status" ON "chat_session_tag"("tag", "status", "session_id");

-- CreateIndex
CREATE INDEX "chat_session_tag_closed" ON "chat_session_tag"("tag", "holder_id", "session_id") WHERE (status = 'closed');

-- CreateIndex
CREATE INDEX "chat_session_tag_open" ON "chat_session_tag"("tag", "priority", "session_id") WHERE (status = 'open');

-- CreateIndex
CREATE INDEX "chat_note_session" ON "chat_note"("session_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "chat_note_once" ON "chat_note"("admin_id", "client_note_id") WHERE (client_note_id IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "canned_reply_own" ON "canned_reply"("admin_id", "shortcut") WHERE (admin_id IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "canned_reply_shared" ON "canned_reply"("shortcut") WHERE (admin_id IS NULL);

-- AddForeignKey
ALTER TABLE "chat_session_details" ADD CONSTRAINT "chat_session_details_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_session_tag" ADD CONSTRAINT "chat_session_tag_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session_details"("session_id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_note" ADD CONSTRAINT "chat_note_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_note" ADD CONSTRAINT "chat_note_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "canned_reply" ADD CONSTRAINT "canned_reply_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "canned_reply_use" ADD CONSTRAINT "canned_reply_use_canned_reply_id_fkey" FOREIGN KEY ("canned_reply_id") REFERENCES "canned_reply"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "canned_reply_use" ADD CONSTRAINT "canned_reply_use_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_rating" ADD CONSTRAINT "chat_rating_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- Below: what the Prisma schema cannot say.

ALTER TABLE "chat_session_details" ADD CONSTRAINT "chat_session_details_tags" CHECK ("tags" IS NOT NULL AND cardinality("tags") <= 10);
ALTER TABLE "chat_session_details" ADD CONSTRAINT "chat_session_details_priority" CHECK ("priority" BETWEEN 0 AND 3);
ALTER TABLE "chat_rating" ADD CONSTRAINT "chat_rating_score" CHECK ("score" BETWEEN 1 AND 5);

-- The row of the details is locked by whoever is here, and each statement of a function sees what was committed before: so
-- of two that replace the tags at once, the second one also removes those of the first one.
CREATE FUNCTION "write_session_tags"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "chat_session_tag" WHERE "session_id" = NEW."session_id" AND "tag" <> ALL (NEW."tags");
    INSERT INTO "chat_session_tag" ("session_id", "tag", "status", "holder_id", "priority")
    SELECT NEW."session_id", "tag", NEW."status", NEW."holder_id", NEW."priority" FROM unnest(NEW."tags") AS "tag"
    ON CONFLICT ("session_id", "tag") DO UPDATE
    SET "status" = EXCLUDED."status", "holder_id" = EXCLUDED."holder_id", "priority" = EXCLUDED."priority";
    RETURN NULL;
END
$$;

CREATE TRIGGER "chat_session_details_inserted" AFTER INSERT ON "chat_session_details"
    FOR EACH ROW EXECUTE FUNCTION "write_session_tags"();

CREATE TRIGGER "chat_session_details_updated" AFTER UPDATE ON "chat_session_details"
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION "write_session_tags"();

-- A function of its own sees what was committed while its statement waited for a session.
CREATE FUNCTION "read_session_details"("of_session" BIGINT) RETURNS json LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT json_build_object('tags', d."tags", 'priority', d."priority")
        FROM "chat_session_details" d WHERE d."session_id" = "of_session");
END
$$;

-- Most sessions have no details: then a change costs one look into an index. A message changes neither column.
CREATE FUNCTION "copy_session_status"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "chat_session_details" SET "status" = NEW."status", "holder_id" = COALESCE(NEW."admin_id", 0)
    WHERE "session_id" = NEW."id";
    RETURN NULL;
END
$$;

CREATE TRIGGER "copy_session_status_changed" AFTER UPDATE OF "status", "admin_id" ON "chat_session"
    FOR EACH ROW WHEN ((OLD."status", OLD."admin_id") IS DISTINCT FROM (NEW."status", NEW."admin_id"))
    EXECUTE FUNCTION "copy_session_status"();

-- Nodes of the version before claim sessions while their role has no rights on the new tables yet: the triggers run as the
-- role that migrates. So the schema is fixed, nobody else can put the functions on a table, and that of temporary tables
-- comes last.
DO $$
DECLARE
    function_name text;
BEGIN
    FOREACH function_name IN ARRAY '{write_session_tags,copy_session_status}'::text[] LOOP
        EXECUTE format('ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp', function_name, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %I() FROM PUBLIC', function_name);
    END LOOP;
END
$$;
