-- A table of its own, so that nothing is locked: nodes of the version before know nothing of it.
-- CreateTable
CREATE TABLE "unread_mail" (
    "session_id" BIGINT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "lease" TEXT,

    CONSTRAINT "unread_mail_pkey" PRIMARY KEY ("session_id")
);

-- CreateIndex
CREATE INDEX "unread_mail_due" ON "unread_mail"("due_at");
