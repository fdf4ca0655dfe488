import { Prisma } from '../generated/prisma/client.js'
import type { Database } from '../database/database.js'

/** A look at the revocations is good for so long, so that one that no pub/sub carries is noticed within a second. */
const MAX_REVOCATION_AGE_MS = 900

/** A look of this age is repeated beside the requests, so that they need not wait for it. */
const REVOCATION_REFRESH_MS = 300

/** The tokens that were revoked lately, looked up when the last look is too old to go by. */
export function createRevocations(db: Database) {
  let revoked = new Set<number>()
  let lookedAt = -Infinity
  let looking: Promise<void> | undefined
  let announced: number[] = []

  async function look(): Promise<void> {
    const startedAt = performance.now()
    announced = []
    const found = await readRevokedTokens(db)
    // What was announced meanwhile may be newer than what was found.
    revoked = new Set([...found, ...announced])
    lookedAt = startedAt
  }

  /** Those who ask while a look is under way share it. */
  function shareLook(): Promise<void> {
    looking ??= look().finally(() => (looking = undefined))
    return looking
  }

  return {
    add(tokenId: number): void {
      revoked.add(tokenId)
      announced.push(tokenId)
    },
    /** @throws what the database does when the last look is too old and another one fails */
    async has(tokenId: number): Promise<boolean> {
      const age = () => performance.now() - lookedAt
      if (age() > MAX_REVOCATION_AGE_MS) await shareLook()
      // The one that was under way may have begun long ago; the next one begins now.
      if (age() > MAX_REVOCATION_AGE_MS) await shareLook()
      else if (age() > REVOCATION_REFRESH_MS) void shareLook().catch(() => undefined)
      return revoked.has(tokenId)
    },
  }
}

/** The ids of the tokens that were revoked in the last ten minutes. */
export async function readRevokedTokens(db: Database): Promise<Set<number>> {
  const rows = await db.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    select id from access_token where revoked_at > clock_timestamp() - interval '10 minutes'`)
  return new Set(rows.map(({ id }) => Number(id)))
}
