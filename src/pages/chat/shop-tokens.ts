import type { AccountName } from '../browser/account-storage.js'
import { serviceUrl } from '../browser/service.js'

/** What a shop waits for with a token whose account is not known in time begins anew. */
const DEADLINE_MS = 3000

/** The tokens that the page around the widget signs in with, one after the other. */
export interface ShopTokens {
  /** The latest one; null when that was taken before: then there is none that could do better. */
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

/** Whose token it is; undefined when that cannot be told soon. */
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
