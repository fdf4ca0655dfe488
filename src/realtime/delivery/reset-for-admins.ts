import type { Connection } from '../connections/connection.js'
import type { Sync } from '../resume/read-syncs.js'
import { sendReset, type DeliveryDeps } from './delivery.js'
import type { Position } from '../positions/position.js'

/** An admin who holds and held nothing. No account has this id. */
const NOBODY = 0

/** A session that was set back, as its holder sees it, and as the other admins do. */
export interface ResetViews {
  holder: Sync
  others: Sync
}

/** Undefined where the session is gone. @throws what the database throws */
export async function readResetViews(
  { readSync }: DeliveryDeps,
  sessionId: number,
  holderId: number | null,
): Promise<ResetViews | undefined> {
  const readAs = (id: number) =>
    readSync({ account: { side: 'admin', id }, sessionId, after: null, before: null, epoch: null })
  const [others, holder] = await Promise.all([readAs(NOBODY), readAs(holderId ?? NOBODY)])
  return others && holder && { holder, others }
}

/** Sends the admins' sockets the session anew, and records what that delivers to its holder, or to any admin of an open one. */
export function sendAdminReset(
  { deliveryReceipts }: DeliveryDeps,
  connections: Connection[],
  { sessionId, holderId }: Pick<Position, 'sessionId' | 'holderId'>,
  { holder, others }: ResetViews,
): void {
  const isHolder = ({ account }: Connection) => account.id === holderId
  const isOther = (connection: Connection) => !isHolder(connection)
  deliveryReceipts.forget(sessionId, 'admin')
  sendReset(connections.filter(isHolder), sessionId, holder)
  sendReset(connections.filter(isOther), sessionId, others)
  const isDelivered = connections.some((connection) => holderId === null || isHolder(connection))
  if (holder.newestForeignId !== null && isDelivered) deliveryReceipts.note(sessionId, 'admin', holder.newestForeignId)
}
