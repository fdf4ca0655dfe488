-- CreateEnum
CREATE TYPE "session_status" AS ENUM ('open', 'claimed', 'closed');

-- CreateEnum
CREATE TYPE "side" AS ENUM ('store', 'admin');

-- CreateEnum
CREATE TYPE "session_change_kind" AS ENUM ('create', 'claim', 'release', 'transfer', 'close');

-- CreateTable
CREATE TABLE "store" (
    "id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "logo_url" TEXT NOT NULL DEFAULT '',
    "email" TEXT NOT NULL DEFAULT '',
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "store_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "admin" (
    "id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "notifications_read_up_to" BIGINT NOT NULL DEFAULT 0,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "admin_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_token" (
    "id" BIGSERIAL NOT NULL,
    "hash" BYTEA NOT NULL,
    "store_id" BIGINT,
    "admin_id" BIGINT,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_session" (
    "id" BIGSERIAL NOT NULL,
    "store_id" BIGINT NOT NULL,
    "admin_id" BIGINT,
    "status" "session_status" NOT NULL DEFAULT 'open',
    "last_message_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),
    "seq" BIGINT NOT NULL DEFAULT 1,
    "change_seq" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "chat_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_session_change" (
    "id" BIGSERIAL NOT NULL,
    "session_id" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "kind" "session_change_kind" NOT NULL,
    "admin_id" BIGINT,
    "previous_admin_id" BIGINT,
    "session" JSON NOT NULL,

    CONSTRAINT "chat_session_change_pkey" PRIMARY KEY ("session_id","seq")
);

-- CreateTable
CREATE TABLE "chat_message" (
    "id" BIGSERIAL NOT NULL,
    "session_id" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "sender_type" "side" NOT NULL,
    "sender_id" BIGINT NOT NULL,
    "holder_id" BIGINT,
    "content" TEXT NOT NULL,
    "attachment_url" TEXT NOT NULL,
    "attachment_type" TEXT NOT NULL,
    "client_message_id" TEXT,
    "created" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chat_message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_receipt" (
    "session_id" BIGINT NOT NULL,
    "side" "side" NOT NULL,
    "delivered_up_to" BIGINT NOT NULL DEFAULT 0,
    "read_up_to" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "chat_receipt_pkey" PRIMARY KEY ("session_id","side")
);

-- CreateTable
CREATE TABLE "chat_node" (
    "id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_node_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "online" (
    "side" "side" NOT NULL,
    "account_id" BIGINT NOT NULL,
    "node_id" TEXT NOT NULL,

    CONSTRAINT "online_pkey" PRIMARY KEY ("side","account_id","node_id")
);

-- CreateTable
CREATE TABLE "notification_session_mark" (
    "admin_id" BIGINT NOT NULL,
    "session_id" BIGINT NOT NULL,
    "read_up_to" BIGINT NOT NULL,

    CONSTRAINT "notification_session_mark_pkey" PRIMARY KEY ("admin_id","session_id")
);

-- CreateTable
CREATE TABLE "notification_mark" (
    "admin_id" BIGINT NOT NULL,
    "message_id" BIGINT NOT NULL,

    CONSTRAINT "notification_mark_pkey" PRIMARY KEY ("admin_id","message_id")
);

-- CreateTable
CREATE TABLE "open_session_count" (
    "shard" SMALLINT NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "open_session_count_pkey" PRIMARY KEY ("shard")
);

-- CreateIndex
CREATE UNIQUE INDEX "access_token_hash" ON "access_token"("hash");

-- CreateIndex
CREATE INDEX "access_token_store" ON "access_token"("store_id");

-- CreateIndex
CREATE INDEX "access_token_admin" ON "access_token"("admin_id");

-- CreateIndex
CREATE INDEX "access_token_revoked" ON "access_token"("revoked_at") WHERE (revoked_at IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "chat_session_change_order" ON "chat_session_change"("id");

-- CreateIndex
CREATE INDEX "online_node" ON "online"("node_id");

-- CreateIndex
CREATE INDEX "chat_session_open" ON "chat_session"("id") WHERE (status = 'open');

-- CreateIndex
CREATE INDEX "chat_session_claimed" ON "chat_session"("admin_id") WHERE (status = 'claimed');

-- CreateIndex
CREATE UNIQUE INDEX "chat_session_one_active" ON "chat_session"("store_id") WHERE (status <> 'closed');

-- CreateIndex
CREATE INDEX "chat_message_concern" ON "chat_message"("holder_id", "id", "session_id") WHERE (sender_type = 'store');

-- CreateIndex
CREATE UNIQUE INDEX "chat_message_order" ON "chat_message"("session_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "chat_message_once" ON "chat_message"("sender_type", "sender_id", "client_message_id") WHERE (client_message_id IS NOT NULL);

-- AddForeignKey
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_store_id_fkey" FOREIGN KEY ("store_id") REFERENCES "store"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_session" ADD CONSTRAINT "chat_session_store_id_fkey" FOREIGN KEY ("store_id") REFERENCES "store"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_session" ADD CONSTRAINT "chat_session_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_session_change" ADD CONSTRAINT "chat_session_change_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_message" ADD CONSTRAINT "chat_message_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "chat_receipt" ADD CONSTRAINT "chat_receipt_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "online" ADD CONSTRAINT "online_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "chat_node"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "notification_session_mark" ADD CONSTRAINT "notification_session_mark_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "notification_session_mark" ADD CONSTRAINT "notification_session_mark_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_session"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "notification_mark" ADD CONSTRAINT "notification_mark_admin_id_fkey" FOREIGN KEY ("admin_id") REFERENCES "admin"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Below: what the Prisma schema cannot say.

-- Ids are JSON integers on the wire.
ALTER TABLE "store" ADD CONSTRAINT "store_id_range" CHECK ("id" BETWEEN 1 AND 9007199254740991);
ALTER TABLE "admin" ADD CONSTRAINT "admin_id_range" CHECK ("id" BETWEEN 1 AND 9007199254740991);

ALTER TABLE "access_token" ADD CONSTRAINT "access_token_one_owner" CHECK (num_nonnulls("store_id", "admin_id") = 1);
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_hash_length" CHECK (octet_length("hash") = 32);

-- Status, holder and end of a session belong together.
ALTER TABLE "chat_session" ADD CONSTRAINT "chat_session_status" CHECK (
    CASE "status"
        WHEN 'open' THEN "admin_id" IS NULL AND "closed_at" IS NULL
        WHEN 'claimed' THEN "admin_id" IS NOT NULL AND "closed_at" IS NULL
        ELSE "closed_at" IS NOT NULL
    END
);
ALTER TABLE "chat_session" ADD CONSTRAINT "chat_session_seq" CHECK ("change_seq" BETWEEN 1 AND "seq");

ALTER TABLE "chat_receipt" ADD CONSTRAINT "chat_receipt_read_is_delivered" CHECK ("read_up_to" <= "delivered_up_to");

-- Every message updates its session: room on the page keeps the update there (HOT).
ALTER TABLE "chat_session" SET (fillfactor = 80);
ALTER TABLE "chat_receipt" SET (fillfactor = 80);

-- The count of open sessions. Shards, because one row would make all new sessions wait for each other.
INSERT INTO "open_session_count" ("shard") SELECT generate_series(0, 31);

CREATE FUNCTION "count_open_session"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference int := (NEW."status" = 'open')::int;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        difference := difference - (OLD."status" = 'open')::int;
    END IF;
    UPDATE "open_session_count" SET "count" = "count" + difference WHERE "shard" = NEW."id" % 32 AND difference <> 0;
    RETURN NULL;
END
$$;

CREATE TRIGGER "count_open_session_created" AFTER INSERT ON "chat_session"
    FOR EACH ROW EXECUTE FUNCTION "count_open_session"();

CREATE TRIGGER "count_open_session_changed" AFTER UPDATE OF "status" ON "chat_session"
    FOR EACH ROW WHEN (OLD."status" IS DISTINCT FROM NEW."status") EXECUTE FUNCTION "count_open_session"();
