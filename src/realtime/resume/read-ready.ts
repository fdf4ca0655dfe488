import { defineColumns } from '../../database/columns.js'
import type { Statements } from '../../database/database.js'
import { requireEpoch, type EpochExpressions } from '../../database/epoch.js'
import { batchReads } from '../../database/batch.js'
import { Prisma } from '../../generated/prisma/client.js'
import { sessionExpressions, toSession, type SessionRow } from '../../database/rows/sessions.js'
import type { Session } from '../../protocol/schemas/sessions.js'

/** What `ready` contains for a store: its active session, if there is one, and the epoch that `seq` counts in. */
export interface Ready {
  session: (Session & { seq: number }) | null
  epoch: string
}

type ReadyRow = { [Key in keyof SessionRow]: SessionRow[Key] | null } & {
  storeId: number
  seq: number | null
  epoch: string | null
}

/** Creates a function that reads what `ready` contains for a store. Concurrent reads share a statement. */
export function createReadyReader(db: Statements, epoch: EpochExpressions): (storeId: number) => Promise<Ready> {
  const columns = defineColumns<ReadyRow>({
    ...sessionExpressions,
    storeId: 'asked.id',
    seq: 's.seq',
    epoch: 'present.epoch',
  })
  const read = batchReads(async (storeIds: number[]) => {
    const rows = await columns.read(
      db,
      Prisma.sql`
      ${columns.select} from unnest(${storeIds}::bigint[]) as asked(id)
      cross join (select ${Prisma.raw(epoch.epoch)} as epoch offset 0) present
      left join chat_session s on s.store_id = asked.id and s.status <> 'closed'`,
    )
    return new Map(rows.map((row) => [row.storeId, toReady(row)]))
  })
  return async (storeId) => {
    const ready = await read(storeId)
    if (ready === undefined) throw new Error('A store got no answer')
    return ready
  }
}

function toReady({ id, seq, epoch, ...row }: ReadyRow): Ready {
  const session = id === null || seq === null ? null : { ...toSession({ ...row, id } as SessionRow), seq }
  return { session, epoch: requireEpoch(epoch) }
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
