import type { Database } from '../database/database.js'
import { readText } from '../database/database.js'
import { epochMs } from '../database/sql.js'
import { Prisma } from '../generated/prisma/client.js'
import type { AccessChange } from '../events/events.js'
import { CLOCK_TOLERANCE_MS } from '../jwt/verify-jwt.js'
import type { Subscriber, Unsubscribe } from '../events/publisher.js'
import { listenToRevocations, type Revoked } from '../events/revocations.js'
import type { Account, Side } from '../protocol/account.js'

/** A list of this age no longer counts, so that a change that no pub/sub carries is noticed within a second. */
const LONGEST_AGE_MS = 900
/** A list of this age is read again beside the requests, so that they need not wait for it. */
const READ_AGAIN_MS = 300
/** What changed so long ago is known to whoever has read the account since: more than twice as long as that is cached. */
const SHORTEST_WINDOW_MS = 600_000
const WINDOW_RESERVE_MS = 60_000

/** Tells which accounts' credentials have ended: revoked tokens, and accounts that were switched off or signed out. */
export interface Credentials {
  /**
   * The account as of less than a second ago, with its present role; undefined when what it came with has ended.
   * @throws what the database does when that cannot be told
   */
  check(account: Account): Promise<Account | undefined>
  /** The same as of the list that was read last. */
  resolve(account: Account): Account | undefined
  /** Reads the list. */
  refresh(): Promise<void>
  /** Calls back when something was announced. Returns how to stop that. */
  onAnnouncement(listener: () => void): Unsubscribe
}

/**
 * Opens the list of what has ended lately. One statement reads it for all accounts together, at least every second in which
 * an account is checked; announcements by pub/sub come earlier.
 */
export async function openCredentials(db: Database, subscriber: Subscriber): Promise<Credentials> {
  const list = createList()
  const listeners = new Set<() => void>()
  let readAt = -Infinity
  let reading: Promise<void> | undefined
  const age = () => performance.now() - readAt

  await listenToRevocations(subscriber, (revoked) => {
    list.add(revoked)
    for (const listener of listeners) listener()
  })

  async function read(): Promise<void> {
    const startedAt = performance.now()
    list.beginReading()
    // After an outage of the database, what has changed in the meantime is looked for as well.
    const windowMs = Math.max(SHORTEST_WINDOW_MS, readAt === -Infinity ? 0 : age() + WINDOW_RESERVE_MS)
    list.replace(await readRevoked(db, windowMs))
    readAt = startedAt
  }

  /** Those who ask while the list is being read share it. */
  function shareReading(): Promise<void> {
    reading ??= read().finally(() => (reading = undefined))
    return reading
  }

  return {
    async check(account) {
      if (age() > LONGEST_AGE_MS) await shareReading()
      // The one that was under way may have begun long ago; the next one begins now.
      if (age() > LONGEST_AGE_MS) await shareReading()
      else if (age() > READ_AGAIN_MS) void shareReading().catch(() => undefined)
      return list.resolve(account)
    },
    resolve: list.resolve,
    refresh: shareReading,
    onAnnouncement(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function createList() {
  let tokens = new Set<number>()
  let changes = { store: new Map<number, AccessChange>(), admin: new Map<number, AccessChange>() }
  /** Since the reading under way began: it may be newer than what that finds. */
  let announced: Revoked = { tokenIds: [], changes: [] }

  function merge(revoked: Revoked): void {
    for (const id of revoked.tokenIds) tokens.add(id)
    for (const change of revoked.changes) {
      const known = changes[change.side].get(change.id)
      if (known === undefined || known.changedAt <= change.changedAt) changes[change.side].set(change.id, change)
    }
  }

  return {
    add(revoked: Revoked): void {
      announced.tokenIds.push(...revoked.tokenIds)
      announced.changes.push(...revoked.changes)
      merge(revoked)
    },
    beginReading(): void {
      announced = { tokenIds: [], changes: [] }
    },
    replace(found: Revoked): void {
      tokens = new Set()
      changes = { store: new Map(), admin: new Map() }
      merge(found)
      merge(announced)
    },
    resolve(account: Account): Account | undefined {
      if (account.tokenId !== undefined && tokens.has(account.tokenId)) return undefined
      const change = changes[account.side].get(account.id)
      if (change === undefined) return account
      if (!isValid(account, change)) return undefined
      return change.role === null || change.role === account.role ? account : { ...account, role: change.role }
    },
  }
}

/**
 * Whether what was issued for an account is still valid there. A token of this service ends by its own revocation.
 *
 * A JWT says by the platform's clock when it was issued. One that was issued just before a sign-out, by a clock that is ahead,
 * seems to come after it: until no clock that is accepted could say so, a JWT counts as issued before.
 */
export const isValid = (
  { issuedAt = Infinity }: Pick<Account, 'issuedAt'>,
  { isActive, signedOutAt }: Pick<AccessChange, 'isActive' | 'signedOutAt'>,
) => isActive && (signedOutAt === null || issuedAt >= signedOutAt + CLOCK_TOLERANCE_MS)

const changesOf = (table: Side) => `
  select json_build_object('side', '${table}', 'id', id, 'isActive', active,
    'role', ${table === 'admin' ? 'role' : 'null'}, 'signedOutAt', ${epochMs('signed_out_at')},
    'changedAt', ${epochMs('access_changed_at')}) as change
  from ${table} where access_changed_at > since.moment`

/** `statement_timestamp` is stable, so that the indexes serve; `clock_timestamp` would have them read from end to end. */
async function readRevoked(db: Database, windowMs: number): Promise<Revoked> {
  const json = await readText(
    db,
    Prisma.sql`
    select json_build_object(
      'tokenIds', (select coalesce(json_agg(id), '[]') from access_token where revoked_at > since.moment),
      'changes', (select coalesce(json_agg(change), '[]') from (
        ${Prisma.raw(changesOf('store'))} union all ${Prisma.raw(changesOf('admin'))}) changes))::text
    from (select statement_timestamp() - ${windowMs}::double precision * interval '1 millisecond' as moment) since`,
  )
  if (json === undefined) throw new Error('The list of revoked tokens got no answer')
  return JSON.parse(json) as Revoked
}
