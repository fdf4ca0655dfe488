import { LRUCache } from 'lru-cache'
import { Prisma } from '../generated/prisma/client.js'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { batchReads } from '../database/batch.js'
import { epochMs } from '../database/sql.js'
import type { PubSub } from '../pubsub/pubsub.js'
import { hashToken } from './tokens.js'
import type { Account } from '../protocol/account.js'
import { listenToRevocations } from '../events/revocations.js'
import { createRevocations } from './revocations.js'
/** How long a token is remembered; well below the time for which revocations are looked up. */
const REMEMBER_MS = 60_000
const MOST_TOKENS = 50_000
/** How long a token that was valid is told from one that nobody knows. */
const KNOWN_MS = 3_600_000
const LAST_USE_INTERVAL_MS = 5000

export interface Authentication {
  /** The account of a token; undefined when the token is unknown, expired or revoked. */
  authenticate(token: string): Promise<Account | undefined>
  /**
   * Whether a token was revoked, as of less than a second ago.
   * @throws what the database does when that cannot be told
   */
  isRevoked(tokenId: number): Promise<boolean>
  /** Whether a token was valid lately, as far as this node knows. It costs nothing to ask. */
  isKnown(token: string): boolean
  /** Writes the last uses that wait. */
  close(): Promise<void>
}

/**
 * Tells whom a token belongs to. Tokens are remembered. What could end their truth are revocations: those are announced
 * through pub/sub, and looked up, for all tokens together, at least every second in which a token is used.
 */
export async function openAuthentication(db: Database, pubsub: PubSub): Promise<Authentication> {
  const remembered = new LRUCache<string, Account>({ max: MOST_TOKENS, ttl: REMEMBER_MS })
  const known = new LRUCache<string, true>({ max: MOST_TOKENS, ttl: KNOWN_MS })
  const readToken = batchReads((hashes: string[]) => readTokens(db, hashes))
  const revocations = createRevocations(db)
  const used = new Set<number>()
  const writeLastUses = async () => {
    const ids = [...used]
    used.clear()
    if (ids.length > 0) await noteLastUse(db, ids)
  }
  // A last use that cannot be written is not worth a word: the database's absence is reported elsewhere.
  const timer = setInterval(() => {
    remembered.purgeStale()
    void writeLastUses().catch(() => undefined)
  }, LAST_USE_INTERVAL_MS)
  await listenToRevocations(pubsub, revocations.add)

  async function read(hash: string): Promise<Account | undefined> {
    const account = await readToken(hash)
    if (account === undefined) {
      known.delete(hash)
      return undefined
    }
    remembered.set(hash, account)
    known.set(hash, true)
    // Once for each time it is remembered, so within a minute of its last use.
    used.add(account.tokenId)
    return account
  }

  return {
    async authenticate(token) {
      const hash = hashToken(token).toString('base64')
      const found = remembered.get(hash)
      if (found !== undefined && (await revocations.has(found.tokenId))) return undefined
      const account = found ?? (await read(hash))
      return account !== undefined && account.expiresAt > Date.now() ? account : undefined
    },
    isRevoked: revocations.has,
    isKnown: (token) => known.has(hashToken(token).toString('base64')),
    async close() {
      clearInterval(timer)
      await writeLastUses().catch(() => undefined)
    },
  }
}

interface TokenRow {
  hash: string
  id: number
  storeId: number | null
  adminId: number | null
  expiresAt: number | null
}

const tokenColumns = defineColumns<TokenRow>({
  hash: `encode(hash, 'base64')`,
  id: 'id',
  storeId: 'store_id',
  adminId: 'admin_id',
  expiresAt: epochMs('expires_at'),
})

async function readTokens(db: Database, hashes: string[]): Promise<Map<string, Account>> {
  const rows = await tokenColumns.read(
    db,
    Prisma.sql`
    ${tokenColumns.select} from access_token
    where hash in (select decode(base64, 'base64') from unnest(${hashes}::text[]) as base64) and revoked_at is null
      and (expires_at is null or expires_at > clock_timestamp())`,
  )
  return new Map(rows.map((row) => [row.hash, toAccount(row)]))
}

function toAccount({ id, storeId, adminId, expiresAt }: TokenRow): Account {
  return {
    side: storeId === null ? 'admin' : 'store',
    id: storeId ?? adminId ?? 0,
    tokenId: id,
    expiresAt: expiresAt ?? Infinity,
  }
}

async function noteLastUse(db: Database, tokenIds: number[]): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    update access_token set last_used_at = clock_timestamp() where id = any(${tokenIds}::bigint[])`)
}
