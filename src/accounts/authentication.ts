import { LRUCache } from 'lru-cache'
import { Prisma } from '../generated/prisma/client.js'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { gatherReads } from '../database/gather.js'
import { epochMs } from '../database/sql.js'
import type { Leave, Relay } from '../realtime/relay.js'
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

/** A look at the revocations is good for so long, so that one that no relay carries is noticed within a second. */
const LOOK_TRUST_MS = 900
/** A look of this age is repeated beside the requests, so that they need not wait for it. */
const LOOK_AGAIN_MS = 300
/** How long a token is remembered; well below the time for which revocations are looked up. */
const REMEMBER_MS = 60_000
const MOST_TOKENS = 50_000
/** How long a token that was valid is told from one that nobody knows. */
const KNOWN_MS = 3_600_000
const LAST_USE_INTERVAL_MS = 5000
const REVOCATION_CHANNEL = 'token-revoked'

/** Tells every node that a token is revoked. */
export function announceRevocation(relay: Relay, tokenId: number): void {
  relay.publish([REVOCATION_CHANNEL], { revokedTokenId: tokenId })
}

/** Calls back with each token that is announced as revoked. */
export function listenToRevocations(relay: Relay, listener: (tokenId: number) => void): Promise<Leave> {
  return relay.subscribe(REVOCATION_CHANNEL, (announcement) => {
    if ('revokedTokenId' in announcement) listener(announcement.revokedTokenId)
  })
}

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
 * through the relay, and looked up, for all tokens together, at least every second in which a token is used.
 */
export async function openAuthentication(db: Database, relay: Relay): Promise<Authentication> {
  const remembered = new LRUCache<string, Account>({ max: MOST_TOKENS, ttl: REMEMBER_MS })
  const known = new LRUCache<string, true>({ max: MOST_TOKENS, ttl: KNOWN_MS })
  const readToken = gatherReads((hashes: string[]) => readTokens(db, hashes))
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
  await listenToRevocations(relay, revocations.add)

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

/** The tokens that were revoked lately, looked up when the last look is too old to go by. */
function createRevocations(db: Database) {
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
      if (age() > LOOK_TRUST_MS) await shareLook()
      // The one that was under way may have begun long ago; the next one begins now.
      if (age() > LOOK_TRUST_MS) await shareLook()
      else if (age() > LOOK_AGAIN_MS) void shareLook().catch(() => undefined)
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
