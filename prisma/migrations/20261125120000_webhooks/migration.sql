-- CreateEnum
CREATE TYPE "webhook_delivery_status" AS ENUM ('pending', 'delivered', 'failed');

-- CreateTable
CREATE TABLE "webhook" (
    "id" BIGSERIAL NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_secret_until" TIMESTAMPTZ(3),
    "active" BOOLEAN NOT NULL DEFAULT true,
    "gone_at" TIMESTAMPTZ(3),
    "from_message_id" BIGINT NOT NULL,
    "from_change_id" BIGINT NOT NULL,
    "from_unread_id" BIGINT NOT NULL,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_session" (
    "webhook_id" BIGINT NOT NULL,
    "session_id" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "unread_id" BIGINT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "lease" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_failed_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_session_pkey" PRIMARY KEY ("webhook_id","session_id")
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" BIGSERIAL NOT NULL,
    "webhook_id" BIGINT NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "session_id" BIGINT,
    "seq" BIGINT,
    "unread_id" BIGINT,
    "status" "webhook_delivery_status" NOT NULL,
    "attempts" INTEGER NOT NULL,
    "response_status" INTEGER,
    "response_body" TEXT NOT NULL,
    "error" TEXT,
    "duration_ms" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_cursor" (
    "consumer" TEXT NOT NULL,
    "message_id" BIGINT NOT NULL,
    "change_id" BIGINT NOT NULL,
    "unread_id" BIGINT NOT NULL,
    "next_message_id" BIGINT NOT NULL,
    "next_change_id" BIGINT NOT NULL,
    "next_unread_id" BIGINT NOT NULL,
    "next_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_cursor_pkey" PRIMARY KEY ("consumer")
);

-- CreateTable
CREATE TABLE "unread_event" (
    "id" BIGSERIAL NOT NULL,
    "session_id" BIGINT NOT NULL,
    "first_message_id" BIGINT NOT NULL,
    "last_message_id" BIGINT NOT NULL,
    "message_count" INTEGER NOT NULL,
    "store_online" BOOLEAN NOT NULL,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "unread_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "unread_reminder" (
    "session_id" BIGINT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "lease" TEXT,
    "seen_up_to" BIGINT NOT NULL DEFAULT 0,
    "announced_run" BIGINT,
    "mailed_up_to" BIGINT NOT NULL DEFAULT 0,
    "mailed_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "unread_reminder_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "mail_key" (
    "id" SMALLINT NOT NULL,
    "key" BYTEA NOT NULL,

    CONSTRAINT "mail_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mail_unsubscribe" (
    "store_id" BIGINT NOT NULL,
    "email" TEXT NOT NULL,
    "created" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mail_unsubscribe_pkey" PRIMARY KEY ("store_id","email")
);

-- CreateIndex
CREATE INDEX "webhook_session_due" ON "webhook_session"("webhook_id", "due_at") WHERE (due_at IS NOT NULL);

-- CreateIndex
CREATE INDEX "webhook_delivery_order" ON "webhook_delivery"("webhook_id", "id");

-- CreateIndex
CREATE INDEX "webhook_delivery_status" ON "webhook_delivery"("webhook_id", "status", "id");

-- CreateIndex
CREATE INDEX "webhook_delivery_updated" ON "webhook_delivery"("status", "updated");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_delivery_event" ON "webhook_delivery"("webhook_id", "event_id");

-- CreateIndex
CREATE INDEX "unread_event_session" ON "unread_event"("session_id", "id");

-- CreateIndex
CREATE INDEX "unread_reminder_due" ON "unread_reminder"("due_at") WHERE (due_at IS NOT NULL);
