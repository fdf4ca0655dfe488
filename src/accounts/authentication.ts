import { Prisma } from '../generated/prisma/client.js'
import { defineColumns } from '../database/columns.js'
import type { Database } from '../database/database.js'
import { batchReads } from '../database/batch.js'
import { epochMs } from '../database/sql.js'
import type { JwtIdentity, JwtVerifier } from '../jwt/verify-jwt.js'
import { createCache } from '../memory/create-cache.js'
import type { Account, AdminRole } from '../protocol/account.js'
import { isValid, type Credentials } from './credentials.js'
import { openAccounts, type KnownAccount } from './provide-account.js'
import { hashToken, isJwt } from './tokens.js'

/** How long an account is cached; well below the time for which its changes are looked up. */
const CACHE_MS = 60_000
const MOST_TOKENS = 50_000
/** How long a token counts as known after its account was last read. */
const KNOWN_MS = 3_600_000
/** How accurate that is. The cache reads the clock once in this time. */
const KNOWN_RESOLUTION_MS = 1000
const LAST_USE_INTERVAL_MS = 5000

export interface Authentication {
  /**
   * The account of a token; undefined when the token is unknown, expired or revoked, or its account is switched off.
   * @throws what the database does · RequestError 503 while the keys of JWTs could not be read yet
   */
  authenticate(token: string): Promise<Account | undefined>
  /** Whether a token was valid within the last hour on this node. Asks no database. */
  isKnown(token: string): boolean
  /** Stores the last uses that wait. */
  close(): Promise<void>
}

/** A token that was valid. */
interface KnownToken {
  account: Account
  /** When its account is to be read again, in ms of `performance.now()`. */
  cachedUntil: number
}

/**
 * Authenticates tokens and JWTs. The accounts of tokens are cached; `credentials` tells what ends or changes them
 * meanwhile. The signature of a JWT is verified once, and the result is cached until the JWT expires or the platform's keys
 * change.
 */
export function openAuthentication(db: Database, credentials: Credentials, jwt?: JwtVerifier): Authentication {
  const known = createCache<string, KnownToken>(MOST_TOKENS, { ttl: KNOWN_MS, ttlResolution: KNOWN_RESOLUTION_MS })
  const readToken = batchReads((hashes: string[]) => readTokens(db, hashes))
  const readJwt = jwt && createJwtReader(db, jwt)
  let keysVersion = jwt?.keysVersion
  const used = new Set<number>()
  const writeLastUses = async () => {
    const ids = [...used]
    used.clear()
    if (ids.length > 0) await noteLastUse(db, ids)
  }
  // A failure is not reported here: other parts report that the database is away.
  const timer = setInterval(() => {
    void writeLastUses().catch(() => undefined)
  }, LAST_USE_INTERVAL_MS)

  async function read(hash: string, token: string): Promise<Account | undefined> {
    const version = keysVersion
    const account = await (readJwt && isJwt(token) ? readJwt(hash, token) : readToken(hash))
    if (account === undefined) {
      known.delete(hash)
      return undefined
    }
    // If the keys have changed meanwhile, it is read again.
    const cacheMs = version === jwt?.keysVersion ? CACHE_MS : 0
    known.set(hash, { account, cachedUntil: performance.now() + cacheMs })
    // Recorded once per caching, so it is accurate to a minute.
    if (account.tokenId !== undefined) used.add(account.tokenId)
    return account
  }

  return {
    async authenticate(token) {
      if (jwt?.keysVersion !== keysVersion) {
        keysVersion = jwt?.keysVersion
        for (const token of known.values()) token.cachedUntil = 0
      }
      const hash = hashToken(token).toString('base64')
      const found = known.get(hash)
      const isCached = found !== undefined && performance.now() < found.cachedUntil
      const account = await (isCached ? credentials.check(found.account) : read(hash, token))
      return account !== undefined && account.expiresAt > Date.now() ? account : undefined
    },
    isKnown: (token) => known.has(hashToken(token).toString('base64')),
    async close() {
      clearInterval(timer)
      await writeLastUses().catch(() => undefined)
    },
  }
}

interface VerifiedJwt {
  identity: Omit<JwtIdentity, 'claims'>
  /** Of the keys that it was verified with. */
  keysVersion: number
}

/** Reads the account of a JWT, by the JWT's hash. Those who ask for the same one at the same time share the answer. */
function createJwtReader(db: Database, jwt: JwtVerifier) {
  const accounts = openAccounts(db)
  const verified = createCache<string, VerifiedJwt>(MOST_TOKENS, { ttl: CACHE_MS })
  const underWay = new Map<string, Promise<Account | undefined>>()

  async function read(hash: string, token: string): Promise<Account | undefined> {
    const { keysVersion } = jwt
    const cached = verified.get(hash)
    const before = cached?.keysVersion === keysVersion ? cached.identity : undefined
    const stillThere = before && (await accounts.read(before))
    if (before && stillThere) return toJwtAccount(before, stillThere)
    const identity = await jwt.verify(token)
    if (identity === undefined) return undefined
    const account = await accounts.provide(identity)
    if (account === undefined) return undefined
    const { side, id, issuedAt, expiresAt } = identity
    const facts = { side, id, issuedAt, expiresAt }
    // The version from before: if the keys have changed meanwhile, the JWT is verified again.
    verified.set(hash, { identity: facts, keysVersion }, { ttl: Math.max(1, Math.ceil(expiresAt - Date.now())) })
    return toJwtAccount(facts, account)
  }

  return (hash: string, token: string): Promise<Account | undefined> => {
    let reading = underWay.get(hash)
    if (reading === undefined) {
      reading = read(hash, token).finally(() => underWay.delete(hash))
      underWay.set(hash, reading)
    }
    return reading
  }
}

function toJwtAccount(identity: Omit<JwtIdentity, 'claims'>, known: KnownAccount): Account | undefined {
  if (!isValid(identity, known)) return undefined
  return { ...identity, ...(known.role !== null && { role: known.role }) }
}

interface TokenRow {
  hash: string
  id: number
  storeId: number | null
  adminId: number | null
  role: AdminRole | null
  expiresAt: number | null
}

const tokenColumns = defineColumns<TokenRow>({
  hash: `encode(token.hash, 'base64')`,
  id: 'token.id',
  storeId: 'token.store_id',
  adminId: 'token.admin_id',
  role: 'admin.role',
  expiresAt: epochMs('token.expires_at'),
})

async function readTokens(db: Database, hashes: string[]): Promise<Map<string, Account>> {
  const rows = await tokenColumns.read(
    db,
    Prisma.sql`
    ${tokenColumns.select} from access_token token
    left join store on store.id = token.store_id left join admin on admin.id = token.admin_id
    where token.hash in (select decode(base64, 'base64') from unnest(${hashes}::text[]) as base64)
      and token.revoked_at is null and (token.expires_at is null or token.expires_at > clock_timestamp())
      and coalesce(store.active, admin.active)`,
  )
  return new Map(rows.map((row) => [row.hash, toAccount(row)]))
}

function toAccount({ id, storeId, adminId, role, expiresAt }: TokenRow): Account {
  return {
    side: storeId === null ? 'admin' : 'store',
    id: storeId ?? adminId ?? 0,
    ...(role !== null && { role }),
    tokenId: id,
    expiresAt: expiresAt ?? Infinity,
  }
}

async function noteLastUse(db: Database, tokenIds: number[]): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    update access_token set last_used_at = clock_timestamp() where id = any(${tokenIds}::bigint[])`)
}
