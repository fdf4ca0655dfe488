import type { Side } from '../protocol/account.js'
import type { Parties } from './events.js'

export const storeChannel = (storeId: number) => `store:${storeId}`

export const adminChannel = (adminId: number) => `admin:${adminId}`

export const ADMINS_CHANNEL = 'admins'

/** Which channel reaches a side of a session. */
export function channelOf(side: Side, { storeId, holderId }: Parties): string {
  if (side === 'store') return storeChannel(storeId)
  return holderId === null ? ADMINS_CHANNEL : adminChannel(holderId)
}
