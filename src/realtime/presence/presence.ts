import type { Database } from '../../database/database.js'
import { batchReads } from '../../database/batch.js'
import { idOrNull } from '../../database/sql.js'
import { Prisma } from '../../generated/prisma/client.js'
import { publishPresence } from '../../events/publish.js'
import type { Publisher } from '../../events/publisher.js'
import { repeat } from '../../tasks/repeat.js'
import type { Account, Side } from '../../protocol/account.js'
import type { Parties } from '../../events/events.js'

const HEARTBEAT_MS = 10_000
/** The lease of a node: without a heartbeat for this long, the node is dead. */
const DEAD_AFTER = Prisma.raw(`interval '30 seconds'`)
const isAlive = Prisma.sql`n.seen_at > clock_timestamp() - ${DEAD_AFTER}`

type Key = `${Side}:${number}`
export type Owner = Pick<Account, 'side' | 'id'>
const keyOf = ({ side, id }: Owner): Key => `${side}:${id}`
const readKey = (key: Key) => {
  const [side, id] = key.split(':')
  return { side: side as Side, account_id: Number(id) }
}
const asked = (keys: Key[]) => Prisma.sql`
  json_to_recordset(${JSON.stringify(keys.map(readKey))}::json) as asked(side side, account_id bigint)`

/**
 * Presence is leased: an account is online while a living node reports a socket of it. A node renews its lease by a heartbeat
 * every 10 s; 30 s after the last one, all that it reported has expired.
 */
export interface Presence {
  /** Takes the node's lease. @throws what the database throws */
  open(): Promise<void>
  /** Reports that an account has its first socket on this node. Failures are reported to `onError` and repaired by the next heartbeat. */
  enter(account: Owner): Promise<void>
  /** Reports that an account has no socket on this node any more. */
  leave(account: Owner): Promise<void>
  /** Reads which of these accounts are online on any node. */
  readOnline(accounts: Owner[]): Promise<(account: Owner) => boolean>
  /** Reads the open sessions whose store is online on any node. */
  readOnlineOpenSessions(): Promise<number[]>
  /** Ends the lease. */
  close(): Promise<void>
}

/**
 * With each heartbeat the node compares its rows with its sockets: a row may not have been written, or the database may have
 * been set back.
 */
export function createPresence(
  db: Database,
  publisher: Publisher,
  nodeId: string,
  onError: (error: unknown) => void,
): Presence {
  const here = { store: new Set<number>(), admin: new Set<number>() }
  const enter = batchReads((keys: Key[]) => writeOnline(db, nodeId, keys))
  const leave = batchReads((keys: Key[]) => writeOffline(db, nodeId, keys))
  const readSessions = batchReads((keys: Key[]) => readSessionsOf(db, keys))
  const turns = new Map<Key, Promise<void>>()
  const heartbeat = repeat(HEARTBEAT_MS, beat, onError)

  async function beat(): Promise<void> {
    await showAlive(db, nodeId)
    await reconcile()
    await forgetDeadNodes(db)
  }

  async function reconcile(): Promise<void> {
    const written = await readRowsOf(db, nodeId)
    const isWritten = new Set(written.map(keyOf))
    const isWrong = (account: Owner) => here[account.side].has(account.id) !== isWritten.has(keyOf(account))
    // A write under way repairs its account by itself.
    const wrong = [...listHere(), ...written].filter((account) => isWrong(account) && !turns.has(keyOf(account)))
    await Promise.all(wrong.map(queue))
  }

  const listHere = (): Owner[] =>
    (['store', 'admin'] as const).flatMap((side) => [...here[side]].map((id) => ({ side, id })))

  async function turn(account: Owner): Promise<void> {
    const key = keyOf(account)
    const isOnline = here[account.side].has(account.id)
    if ((await (isOnline ? enter : leave)(key)) !== 'changed') return
    for (const parties of (await readSessions(key)) ?? []) {
      publishPresence(publisher, { ...parties, of: account.side, isOnline })
    }
  }

  /** The writes of one account follow each other: a `leave` that was overtaken would undo the `enter` after it. */
  function queue(account: Owner): Promise<void> {
    const key = keyOf(account)
    const last = (turns.get(key) ?? Promise.resolve())
      .then(() => turn(account))
      .catch(onError)
      .finally(() => {
        if (turns.get(key) === last) turns.delete(key)
      })
    turns.set(key, last)
    return last
  }

  return {
    async open() {
      await showAlive(db, nodeId)
    },
    enter(account) {
      here[account.side].add(account.id)
      return queue(account)
    },
    leave(account) {
      here[account.side].delete(account.id)
      return queue(account)
    },
    async readOnline(accounts) {
      const online = accounts.length > 0 ? await readOnline(db, accounts.map(keyOf)) : new Set<Key>()
      return (account) => online.has(keyOf(account))
    },
    readOnlineOpenSessions: () => readOnlineOpenSessions(db),
    async close(): Promise<void> {
      await heartbeat.stop()
      await db.prisma.$executeRaw(Prisma.sql`delete from chat_node where id = ${nodeId}`)
    },
  }
}

/** A node whose lease had expired has lost its rows: `reconcile` writes them again. */
async function showAlive(db: Database, nodeId: string): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`
    insert into chat_node (id, seen_at) values (${nodeId}, clock_timestamp())
    on conflict (id) do update set seen_at = excluded.seen_at`)
}

async function readRowsOf(db: Database, nodeId: string): Promise<Owner[]> {
  const rows = await db.prisma.$queryRaw<{ side: Side; accountId: bigint }[]>(Prisma.sql`
    select side::text, account_id as "accountId" from online where node_id = ${nodeId}`)
  return rows.map(({ side, accountId }) => ({ side, id: Number(accountId) }))
}

type Turn = 'changed' | 'same'
interface TurnRow {
  side: Side
  accountId: bigint
  isElsewhere: boolean
}

const toTurns = (rows: TurnRow[]) =>
  new Map<Key, Turn>(
    rows.map(({ side, accountId, isElsewhere }) => [
      keyOf({ side, id: Number(accountId) }),
      isElsewhere ? 'same' : 'changed',
    ]),
  )

async function writeOnline(db: Database, nodeId: string, keys: Key[]): Promise<Map<Key, Turn>> {
  const rows = await db.prisma.$queryRaw<TurnRow[]>(Prisma.sql`
    with written as (
      insert into online (side, account_id, node_id)
      select side, account_id, ${nodeId} from ${asked(keys)} order by side, account_id
      on conflict do nothing
    )
    select asked.side::text, asked.account_id as "accountId", exists (
      select from online o join chat_node n on n.id = o.node_id
      where o.side = asked.side and o.account_id = asked.account_id and ${isAlive}) as "isElsewhere"
    from ${asked(keys)}`)
  return toTurns(rows)
}

async function writeOffline(db: Database, nodeId: string, keys: Key[]): Promise<Map<Key, Turn>> {
  const rows = await db.prisma.$queryRaw<TurnRow[]>(Prisma.sql`
    with gone as (
      delete from online o using ${asked(keys)}
      where o.side = asked.side and o.account_id = asked.account_id and o.node_id = ${nodeId}
    )
    select asked.side::text, asked.account_id as "accountId", exists (
      select from online o join chat_node n on n.id = o.node_id where o.side = asked.side
        and o.account_id = asked.account_id and o.node_id <> ${nodeId} and ${isAlive}) as "isElsewhere"
    from ${asked(keys)}`)
  return toTurns(rows)
}

async function readOnline(db: Database, keys: Key[]): Promise<Set<Key>> {
  const rows = await db.prisma.$queryRaw<{ side: Side; accountId: bigint }[]>(Prisma.sql`
    select distinct o.side::text, o.account_id as "accountId"
    from ${asked(keys)} join online o on o.side = asked.side and o.account_id = asked.account_id
    join chat_node n on n.id = o.node_id and ${isAlive}`)
  return new Set(rows.map(({ side, accountId }) => keyOf({ side, id: Number(accountId) })))
}

async function readOnlineOpenSessions(db: Database): Promise<number[]> {
  const rows = await db.prisma.$queryRaw<{ id: bigint }[]>(Prisma.sql`
    select s.id from chat_session s where s.status = 'open' and exists (
      select from online o join chat_node n on n.id = o.node_id
      where o.side = 'store' and o.account_id = s.store_id and ${isAlive})`)
  return rows.map(({ id }) => Number(id))
}

async function forgetDeadNodes(db: Database): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`delete from chat_node n where not ${isAlive}`)
}

/** Reads the sessions in which the other side is shown the presence of these accounts. */
async function readSessionsOf(db: Database, keys: Key[]): Promise<Map<Key, Parties[]>> {
  const rows = await db.prisma.$queryRaw<
    { side: Side; sessionId: bigint; storeId: bigint; holderId: bigint | null }[]
  >(Prisma.sql`
    select asked.side::text, s.id as "sessionId", s.store_id as "storeId", s.admin_id as "holderId"
    from ${asked(keys)} join chat_session s on s.store_id = asked.account_id and s.status <> 'closed'
    where asked.side = 'store'
    union all
    select asked.side::text, s.id, s.store_id, s.admin_id
    from ${asked(keys)} join chat_session s on s.admin_id = asked.account_id and s.status = 'claimed'
    where asked.side = 'admin'`)
  const sessions = new Map<Key, Parties[]>()
  for (const { side, ...row } of rows) {
    const parties = {
      sessionId: Number(row.sessionId),
      storeId: Number(row.storeId),
      holderId: idOrNull(row.holderId),
    }
    const key = keyOf({ side, id: side === 'store' ? parties.storeId : (parties.holderId ?? 0) })
    sessions.set(key, [...(sessions.get(key) ?? []), parties])
  }
  return sessions
}
