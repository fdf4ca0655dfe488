import type { Database } from '../../database/database.js'
import { defineColumns } from '../../database/columns.js'
import { batch, batchReads } from '../../database/batch.js'
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

const unique = (keys: readonly Key[]) => [...new Set(keys)]
const hasEach = (keys: readonly Key[], found: Set<Key>) => keys.map((key) => found.has(key))

type Key = `${Side}:${number}`
export type Owner = Pick<Account, 'side' | 'id'>
const keyOf = ({ side, id }: Owner): Key => `${side}:${id}`
const readKey = (key: Key) => {
  const [side, id] = key.split(':')
  return { side: side as Side, account_id: Number(id) }
}
const asked = (keys: Key[], name: 'asked' | 'changed' = 'asked') => Prisma.sql`
  json_to_recordset(${JSON.stringify(keys.map(readKey))}::json) as ${Prisma.raw(name)}(side side, account_id bigint)`

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
  readOnlineOpenSessions(): Promise<Parties[]>
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
  const enter = batch(async (keys: readonly Key[]) => hasEach(keys, await writeOnline(db, nodeId, unique(keys))))
  const leave = batch(async (keys: readonly Key[]) => hasEach(keys, await writeOffline(db, nodeId, unique(keys))))
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
    if (!(await (isOnline ? enter : leave)(key))) return
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
      const keys = unique(accounts.map(keyOf))
      const online = keys.length > 0 ? await readOnline(db, keys) : new Set<Key>()
      return (account) => online.has(keyOf(account))
    },
    readOnlineOpenSessions: () => readOnlineOpenSessions(db),
    async close(): Promise<void> {
      await heartbeat.stop()
      // A row that is written after the lease has ended would refer to nothing.
      await Promise.all(turns.values())
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

const ownerColumns = defineColumns<Owner>({ side: 'changed.side', id: 'changed.account_id' })

const toKeys = (owners: Owner[]) => new Set(owners.map(keyOf))

/** Returns the accounts that were online nowhere before. */
async function writeOnline(db: Database, nodeId: string, keys: Key[]): Promise<Set<Key>> {
  const changed = await ownerColumns.read(
    db,
    Prisma.sql`
    with written as (
      insert into online (side, account_id, node_id)
      select side, account_id, ${nodeId} from ${asked(keys)} order by side, account_id
      on conflict do nothing
    )
    ${ownerColumns.select} from ${asked(keys, 'changed')} where not exists (
      select from online o join chat_node n on n.id = o.node_id
      where o.side = changed.side and o.account_id = changed.account_id and ${isAlive})`,
  )
  return toKeys(changed)
}

/** Returns the accounts that are online nowhere any more. */
async function writeOffline(db: Database, nodeId: string, keys: Key[]): Promise<Set<Key>> {
  const changed = await ownerColumns.read(
    db,
    Prisma.sql`
    with gone as (
      delete from online o using ${asked(keys)}
      where o.side = asked.side and o.account_id = asked.account_id and o.node_id = ${nodeId}
    )
    ${ownerColumns.select} from ${asked(keys, 'changed')} where not exists (
      select from online o join chat_node n on n.id = o.node_id where o.side = changed.side
        and o.account_id = changed.account_id and o.node_id <> ${nodeId} and ${isAlive})`,
  )
  return toKeys(changed)
}

const onlineColumns = defineColumns<Owner>({ side: 'here.side', id: 'here.account_id' })

async function readOnline(db: Database, keys: Key[]): Promise<Set<Key>> {
  const online = await onlineColumns.read(
    db,
    Prisma.sql`${onlineColumns.select} from (
      select distinct o.side, o.account_id
      from ${asked(keys)} join online o on o.side = asked.side and o.account_id = asked.account_id
      join chat_node n on n.id = o.node_id and ${isAlive}
    ) here`,
  )
  return toKeys(online)
}

const partiesColumns = defineColumns<Parties>({ sessionId: 's.id', storeId: 's.store_id', holderId: 's.admin_id' })

/** Begins with who is online: of many open sessions few stores are. */
async function readOnlineOpenSessions(db: Database): Promise<Parties[]> {
  return partiesColumns.read(
    db,
    Prisma.sql`${partiesColumns.select} from (
      select distinct o.account_id from online o join chat_node n on n.id = o.node_id
      where o.side = 'store' and ${isAlive} offset 0
    ) here cross join lateral (
      select * from chat_session s where s.store_id = here.account_id and s.status = 'open' offset 0
    ) s`,
  )
}

async function forgetDeadNodes(db: Database): Promise<void> {
  await db.prisma.$executeRaw(Prisma.sql`delete from chat_node n where not ${isAlive}`)
}

const shownColumns = defineColumns<Parties & { side: Side }>({
  side: 'shown.side',
  sessionId: 'shown.id',
  storeId: 'shown.store_id',
  holderId: 'shown.admin_id',
})

/** Reads the sessions in which the other side is shown the presence of these accounts. */
async function readSessionsOf(db: Database, keys: Key[]): Promise<Map<Key, Parties[]>> {
  const rows = await shownColumns.read(
    db,
    Prisma.sql`${shownColumns.select} from (
      select asked.side, s.id, s.store_id, s.admin_id
      from ${asked(keys)} join chat_session s on s.store_id = asked.account_id and s.status <> 'closed'
      where asked.side = 'store'
      union all
      select asked.side, s.id, s.store_id, s.admin_id
      from ${asked(keys)} join chat_session s on s.admin_id = asked.account_id and s.status = 'claimed'
      where asked.side = 'admin'
    ) shown`,
  )
  const sessions = new Map<Key, Parties[]>()
  for (const { side, ...parties } of rows) {
    const key = keyOf({ side, id: side === 'store' ? parties.storeId : (parties.holderId ?? 0) })
    const found = sessions.get(key)
    if (found) found.push(parties)
    else sessions.set(key, [parties])
  }
  return sessions
}
