import { defineColumns } from '../../database/columns.js'
import type { Statements } from '../../database/database.js'
import { requireEpoch, type EpochExpressions } from '../../database/epoch.js'
import { batchReads } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import { epochMs } from '../../database/sql.js'
import { joinReceipts, receiptExpressions, type Receipts } from '../../database/rows/messages.js'
import { sessionExpressions, toSession, type SessionRow } from '../../database/rows/sessions.js'
import type { Session } from '../../protocol/schemas/sessions.js'

/** What `ready` contains for a store: its active session, if there is one, and the epoch that `seq` counts in. */
export interface Ready {
  session: (Session & { seq: number }) | null
  epoch: string
}

/** What a store's first socket on a node needs. */
export interface StoreEntry {
  ready: Ready
  /** Where delivery of its active session begins. */
  position: StorePosition | null
  /** The time of the database's clock, in milliseconds since the epoch. */
  at: number
}

export interface StorePosition {
  sessionId: number
  storeId: number
  holderId: number | null
  isClosed: boolean
  seq: number
  /** When the event `seq` was committed, in milliseconds since the epoch. */
  updated: number
  /** How far the admins have received and read. */
  deliveredTo: { admin: number }
  readBy: { admin: number }
}

type EntryRow = { [Key in keyof SessionRow]: SessionRow[Key] | null } & Pick<
  Receipts,
  'deliveredToAdmin' | 'readByAdmin'
> & {
    storeId: number
    seq: number | null
    epoch: string | null
    at: number
  }

/** Creates a function that reads what a store's sockets begin with. Concurrent reads share a statement. */
export function createStoreEntryReader(
  db: Statements,
  epoch: EpochExpressions,
): (storeId: number) => Promise<StoreEntry> {
  const columns = defineColumns<EntryRow>({
    ...sessionExpressions,
    deliveredToAdmin: receiptExpressions.deliveredToAdmin,
    readByAdmin: receiptExpressions.readByAdmin,
    storeId: 'asked.id',
    seq: 's.seq',
    epoch: 'present.epoch',
    at: epochMs('present.at'),
  })
  const read = batchReads(async (storeIds: number[]) => {
    const rows = await columns.read(
      db,
      Prisma.sql`
      ${columns.select} from unnest(${storeIds}::bigint[]) as asked(id)
      cross join (select ${Prisma.raw(epoch.epoch)} as epoch, clock_timestamp() as at offset 0) present
      left join chat_session s on s.store_id = asked.id and s.status <> 'closed' ${joinBoth}`,
    )
    return new Map(rows.map((row) => [row.storeId, toEntry(row)]))
  })
  return async (storeId) => {
    const entry = await read(storeId)
    if (entry === undefined) throw new Error('A store got no answer')
    return entry
  }
}

const joinBoth = Prisma.raw(joinReceipts('s.id'))

function toEntry({ id, seq, epoch, at, deliveredToAdmin, readByAdmin, ...row }: EntryRow): StoreEntry {
  const ready = { session: null, epoch: requireEpoch(epoch) }
  if (id === null || seq === null) return { ready, position: null, at }
  const session = { ...row, id } as SessionRow
  return {
    ready: { ...ready, session: { ...toSession(session), seq } },
    position: {
      ...{ sessionId: id, storeId: session.store_id, holderId: session.admin_id, isClosed: false },
      ...{ seq, updated: session.updated },
      ...{ deliveredTo: { admin: deliveredToAdmin ?? 0 }, readBy: { admin: readByAdmin ?? 0 } },
    },
    at,
  }
}

/** Creates a function that reads the current epoch. Concurrent reads share a statement. */
export function createEpochReader(db: Statements, { epoch }: EpochExpressions): () => Promise<string> {
  const columns = defineColumns<{ epoch: string | null }>({ epoch })
  const read = batchReads(async (keys: string[]) => {
    const [row] = await columns.read(db, columns.select)
    return new Map(keys.map((key) => [key, row?.epoch ?? null]))
  })
  return async () => requireEpoch((await read('epoch')) ?? null)
}
