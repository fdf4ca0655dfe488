-- Nodes of the version before go on reading and writing these tables meanwhile. The exclusive lock is therefore asked for
-- with a short timeout, again and again: a lock that waits behind a long reader would have everybody else wait behind it.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE "store", "admin" IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END
$$;

-- CreateEnum
CREATE TYPE "admin_role" AS ENUM ('agent', 'supervisor');

-- AlterTable
ALTER TABLE "admin" ADD COLUMN     "access_changed_at" TIMESTAMPTZ(3),
ADD COLUMN     "active" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "profile_at" TIMESTAMPTZ(3),
ADD COLUMN     "role" "admin_role" NOT NULL DEFAULT 'agent',
ADD COLUMN     "signed_out_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "store" ADD COLUMN     "access_changed_at" TIMESTAMPTZ(3),
ADD COLUMN     "active" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "profile_at" TIMESTAMPTZ(3),
ADD COLUMN     "signed_out_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "admin_access_changed" ON "admin"("access_changed_at") WHERE (access_changed_at IS NOT NULL);

-- CreateIndex
CREATE INDEX "store_access_changed" ON "store"("access_changed_at") WHERE (access_changed_at IS NOT NULL);
