-- The tables are new. The foreign keys lock chat_message and chat_session against writes for a moment only: there is
-- nothing to check yet. Both locks are taken at once, in the order in which a send takes them, and with a short timeout,
-- again and again: a lock that waits behind a long writer would have everybody else wait behind it.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "chat_message", "chat_session" IN SHARE ROW EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

-- CreateEnum
CREATE TYPE "file_state" AS ENUM ('pending', 'stored', 'named', 'deleting');

-- CreateTable
CREATE TABLE "chat_file" (
    "id" TEXT NOT NULL,
    "owner_type" "side" NOT NULL,
    "owner_id" BIGINT NOT NULL,
    "session_id" BIGINT,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "state" "file_state" NOT NULL DEFAULT 'pending',
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_file_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_message_file" (
    "message_id" BIGINT NOT NULL,
    "file_id" TEXT NOT NULL,

    CONSTRAINT "chat_message_file_pkey" PRIMARY KEY ("message_id")
);

-- CreateIndex
CREATE INDEX "chat_file_owner" ON "chat_file"("owner_type", "owner_id", "created");

-- CreateIndex
CREATE INDEX "chat_file_session" ON "chat_file"("session_id") WHERE (session_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "chat_file_unnamed" ON "chat_file"("updated") WHERE (state <> 'named');

-- CreateIndex
CREATE INDEX "chat_message_file_file" ON "chat_message_file"("file_id");

-- AddForeignKey
ALTER TABLE "chat_file" ADD CONSTRAINT "chat_file_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE SET NULL ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_message_file" ADD CONSTRAINT "chat_message_file_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "chat_message"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_message_file" ADD CONSTRAINT "chat_message_file_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "chat_file"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Below: what the Prisma schema cannot say.

ALTER TABLE "chat_file" ADD CONSTRAINT "chat_file_sha256_length" CHECK (octet_length("sha256") = 32);
ALTER TABLE "chat_file" ADD CONSTRAINT "chat_file_size" CHECK ("size" > 0);

-- Gives a file up with the last message that names it. The lock makes two transactions that delete its last two messages
-- wait for each other: the second one then sees that no message is left.
CREATE FUNCTION "give_up_file"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM "chat_file" WHERE "id" = OLD."file_id" FOR UPDATE;
    UPDATE "chat_file" SET "state" = 'deleting', "updated" = clock_timestamp()
    WHERE "id" = OLD."file_id" AND NOT EXISTS (SELECT FROM "chat_message_file" WHERE "file_id" = OLD."file_id");
    RETURN NULL;
END
$$;

CREATE TRIGGER "chat_message_file_deleted" AFTER DELETE ON "chat_message_file"
    FOR EACH ROW EXECUTE FUNCTION "give_up_file"();
