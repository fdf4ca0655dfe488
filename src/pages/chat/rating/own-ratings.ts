import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { ChatError, type StoreClient } from '../../../client/index.js'
import { openAccountStorage, type AccountName, type AccountStorage } from '../../browser/account-storage.js'

interface Given {
  score: number
  comment: string
}

/** After that, the service takes none. */
const RATED_FOR_MS = 14 * 86_400_000

/**
 * How this store has rated its sessions. What was rated in this browser is remembered here, and read again; of a session
 * that was not, nothing is asked.
 */
export interface OwnRatings {
  /** Undefined while it is not rated. */
  of(sessionId: number): ReadonlySignal<Given | undefined>
  /** @throws ChatError */
  rate(sessionId: number, score: number, comment: string): Promise<void>
  /** Whose ratings these are. */
  open(account: AccountName): void
}

/** Whether a session can be rated now. */
export const mayRate = (closedAt: string | undefined, nowMs: number): boolean =>
  closedAt !== undefined && nowMs - Date.parse(closedAt) < RATED_FOR_MS

export function createOwnRatings(client: StoreClient): OwnRatings {
  const ratings = new Map<number, Signal<Given | undefined>>()
  let storage: AccountStorage | undefined
  const nameOf = (sessionId: number) => `rating.${sessionId}`

  function find(sessionId: number): Signal<Given | undefined> {
    const found = ratings.get(sessionId) ?? signal<Given>()
    ratings.set(sessionId, found)
    return found
  }

  function show(sessionId: number, { score, comment }: Given): void {
    find(sessionId).value = { score, comment }
    storage?.write(nameOf(sessionId), { score, comment })
  }

  async function refresh(sessionId: number): Promise<void> {
    try {
      show(sessionId, await client.rating({ session_id: sessionId }))
    } catch (error) {
      if (error instanceof ChatError && error.status === 404) {
        find(sessionId).value = undefined
        storage?.write(nameOf(sessionId), undefined)
      }
    }
  }

  return {
    of(sessionId) {
      const known = ratings.get(sessionId)
      if (known !== undefined) return known
      const rating = find(sessionId)
      rating.value = readGiven(storage?.read(nameOf(sessionId)))
      if (rating.value !== undefined) void refresh(sessionId)
      return rating
    },
    async rate(sessionId, score, comment) {
      show(sessionId, await client.rate({ session_id: sessionId, score, comment }))
    },
    open: (account) => void (storage ??= openAccountStorage(account, 'waiting.')),
  }
}

/** Another version of the page may have written it. */
function readGiven(value: unknown): Given | undefined {
  const { score, comment } = (value ?? {}) as Partial<Given>
  return typeof score === 'number' && typeof comment === 'string' ? { score, comment } : undefined
}
