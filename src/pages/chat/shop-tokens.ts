import type { AccountName } from '../browser/account-storage.js'
import { serviceUrl } from '../browser/service.js'

/** After this wait for the account of a renewed token, the conversation starts anew. */
const DEADLINE_MS = 3000

/** The tokens with which the page around the widget signs in, one after the other. */
export interface ShopTokens {
  /** The latest token; null when it was taken before, which ends the connection: the page has no newer one. */
  take(): string | null
  renew(token: string): void
}

export function createShopTokens(first: string): ShopTokens {
  let latest = first
  let taken: string | undefined
  return {
    take: () => (latest === taken ? null : (taken = latest)),
    renew(token) {
      latest = token
    },
  }
}

/** The account of a token; undefined when the service refuses it or does not answer in time. */
export async function readAccount(token: string): Promise<AccountName | undefined> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const headers = { authorization: `Token ${token}` }
  try {
    const response = await fetch(`${serviceUrl}v1/chat/me/`, { headers, signal })
    return response.ok ? ((await response.json()) as AccountName) : undefined
  } catch {
    return undefined
  }
}
