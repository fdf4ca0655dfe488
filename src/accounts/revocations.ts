import { Prisma } from '../generated/prisma/client.js'
import type { Database } from '../database/database.js'

/** Maximum age of the revocation list: a revocation whose event was lost is noticed within a second. */
const MAX_REVOCATION_AGE_MS = 900

/** From this age on, the list is refreshed in the background, so that requests need not wait. */
const REVOCATION_REFRESH_MS = 300

/** The tokens that were revoked lately. The list is read again when it is too old. */
export function createRevocations(db: Database) {
  let revoked = new Set<number>()
  let lookedAt = -Infinity
  let looking: Promise<void> | undefined
  let announced: number[] = []

  async function look(): Promise<void> {
    const startedAt = performance.now()
    announced = []
    const found = await readRevokedTokens(db)
    // Revocations that were published meanwhile may be newer than what was read.
    revoked = new Set([...found, ...announced])
    lookedAt = startedAt
  }

  /** Concurrent callers share one read. */
  function shareLook(): Promise<void> {
    looking ??= look().finally(() => (looking = undefined))
    return looking
  }

  return {
    add(tokenId: number): void {
      revoked.add(tokenId)
      announced.push(tokenId)
    },
    /** @throws what the database throws, when the list is too old and cannot be read */
    async has(tokenId: number): Promise<boolean> {
      const age = () => performance.now() - lookedAt
      if (age() > MAX_REVOCATION_AGE_MS) await shareLook()
      // The read that was running may have begun long ago; the next one begins now.
      if (age() > MAX_REVOCATION_AGE_MS) await shareLook()
      else if (age() > REVOCATION_REFRESH_MS) void shareLook().catch(() => undefined)
      return revoked.has(tokenId)
    },
  }
}

/** Reads the ids of the tokens that were revoked in the last ten minutes. */
export async function readRevokedTokens(db: Database): Promise<Set<number>> {
  const rows = await db.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    select id from access_token where revoked_at > clock_timestamp() - interval '10 minutes'`)
  return new Set(rows.map(({ id }) => Number(id)))
}
