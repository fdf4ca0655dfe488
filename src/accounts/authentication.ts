import { LRUCache } from 'lru-cache'
import { Prisma } from '../generated/prisma/client.js'
import type { Database } from '../database/database.js'
import { gatherReads } from '../database/gather.js'
import type { Relay } from '../realtime/relay.js'
import { hashToken } from './tokens.js'

export type Side = 'store' | 'admin'

/** Whom a token belongs to. */
export interface Account {
  side: Side
  id: number
  tokenId: number
  /** When the token ends, in milliseconds since the epoch; Infinity for never. */
  expiresAt: number
}

/** A revocation that no relay carries is noticed after this long. */
const TRUST_MS = 900
const MOST_TOKENS = 50_000
const LAST_USE_INTERVAL_MS = 5000
export const REVOCATION_CHANNEL = 'token-revoked'

/** Tells every node that a token is revoked. */
export function announceRevocation(relay: Relay, revoked: { tokenId: number; hash: string }): void {
  relay.publish([REVOCATION_CHANNEL], JSON.stringify(revoked))
}

export const readRevocation = (payload: string) => JSON.parse(payload) as { tokenId: number; hash: string }

export interface Authentication {
  /** The account of a token; undefined when the token is unknown, expired or revoked. */
  authenticate(token: string): Promise<Account | undefined>
  /** Writes the last uses that wait. */
  close(): Promise<void>
}

/**
 * Tells whom a token belongs to. What was found is trusted for less than a second, and a revocation announced through
 * the relay ends that trust at once: nowhere does a revoked token work for longer than a second.
 */
export async function openAuthentication(db: Database, relay: Relay): Promise<Authentication> {
  const trusted = new LRUCache<string, Account>({ max: MOST_TOKENS, ttl: TRUST_MS })
  const readToken = gatherReads((hashes: string[]) => readTokens(db, hashes))
  const used = new Set<number>()
  const writeLastUses = async () => {
    const ids = [...used]
    used.clear()
    if (ids.length > 0) await noteLastUse(db, ids)
  }
  // A last use that cannot be written is not worth a word: the database's absence is reported elsewhere.
  const timer = setInterval(() => {
    trusted.purgeStale()
    void writeLastUses().catch(() => undefined)
  }, LAST_USE_INTERVAL_MS)
  await relay.subscribe(REVOCATION_CHANNEL, (payload) => trusted.delete(readRevocation(payload).hash))

  return {
    async authenticate(token) {
      const hash = hashToken(token).toString('hex')
      let known = trusted.get(hash)
      if (known === undefined) {
        known = await readToken(hash)
        if (known === undefined) return undefined
        trusted.set(hash, known)
      }
      if (known.expiresAt <= Date.now()) return undefined
      used.add(known.tokenId)
      return known
    },
    async close() {
      clearInterval(timer)
      await writeLastUses().catch(() => undefined)
    },
  }
}

interface TokenRow {
  hash: string
  id: bigint
  storeId: bigint | null
  adminId: bigint | null
  expiresAt: Date | null
}

async function readTokens(db: Database, hashes: string[]): Promise<Map<string, Account>> {
  const rows = await db.$queryRaw<TokenRow[]>(Prisma.sql`
    select encode(hash, 'hex') as hash, id, store_id as "storeId", admin_id as "adminId", expires_at as "expiresAt"
    from access_token
    where hash in (select decode(hex, 'hex') from unnest(${hashes}::text[]) as hex) and revoked_at is null
      and (expires_at is null or expires_at > clock_timestamp())`)
  return new Map(rows.map((row) => [row.hash, toAccount(row)]))
}

function toAccount({ id, storeId, adminId, expiresAt }: TokenRow): Account {
  return {
    side: storeId === null ? 'admin' : 'store',
    id: Number(storeId ?? adminId),
    tokenId: Number(id),
    expiresAt: expiresAt?.getTime() ?? Infinity,
  }
}

async function noteLastUse(db: Database, tokenIds: number[]): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    update access_token set last_used_at = clock_timestamp() where id = any(${tokenIds}::bigint[])`)
}
