import type { Side } from '../protocol/account.js'
import type { Parties } from './events.js'

export const storeChannel = (storeId: number) => `store:${storeId}`

export const adminChannel = (adminId: number) => `admin:${adminId}`

export const ADMINS_CHANNEL = 'admins'

/** The channel on which one side of a session listens. */
export function channelOf(side: Side, { storeId, holderId }: Parties): string {
  if (side === 'store') return storeChannel(storeId)
  return holderId === null ? ADMINS_CHANNEL : adminChannel(holderId)
}
