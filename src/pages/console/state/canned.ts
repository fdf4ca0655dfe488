import { signal, type ReadonlySignal } from '@preact/signals'
import type { AdminClient, CannedReply } from '../../../client/index.js'
import { retryLimited } from '../../shared/retry-limited.js'

const MOST = 200
const SHOWN = 8

/** The canned replies of an admin, own and shared, most used first. */
export interface CannedReplies {
  all: ReadonlySignal<readonly CannedReply[]>
  /** Whether the first read has finished or failed. */
  isKnown: ReadonlySignal<boolean>
  refresh(): Promise<void>
  /** Replies whose shortcut starts with the typed text, then those that contain it anywhere. */
  find(typed: string): CannedReply[]
  /** Returns the text for a session, with the placeholders filled in, and counts the use. */
  use(reply: CannedReply, sessionId: number): Promise<string>
  save: AdminClient['saveCanned']
  remove(id: number): Promise<void>
}

export function createCannedReplies(client: AdminClient): CannedReplies {
  const all = signal<readonly CannedReply[]>([])
  const isKnown = signal(false)
  const refresh = async () => {
    try {
      all.value = await retryLimited(() => client.canned({ limit: MOST }))
    } finally {
      isKnown.value = true
    }
  }
  client.on('state', (state) => {
    if (state === 'online') void refresh().catch(() => undefined)
  })
  return {
    all,
    isKnown,
    refresh,
    find: (typed) => findReplies(all.value, typed),
    async use(reply, sessionId) {
      const content = await client.useCanned(reply.id, sessionId)
      void refresh().catch(() => undefined)
      return content
    },
    async save(reply, id) {
      const saved = await client.saveCanned(reply, id)
      await refresh()
      return saved
    },
    async remove(id) {
      await client.deleteCanned(id)
      await refresh()
    },
  }
}

export function findReplies(all: readonly CannedReply[], typed: string): CannedReply[] {
  const wanted = typed.toLowerCase()
  const begins = all.filter(({ shortcut }) => shortcut.startsWith(wanted))
  const holds = all.filter(
    (reply) => !begins.includes(reply) && `${reply.shortcut} ${reply.content}`.toLowerCase().includes(wanted),
  )
  return [...begins, ...holds].slice(0, SHOWN)
}

/** Finds a shortcut that ends at the caret: `/` at the start of a word, and the characters after it. */
export function findShortcut(text: string, caret: number): { from: number; typed: string } | undefined {
  const found = /(?:^|\s)\/([\p{L}\p{M}\p{N}_.-]*)$/u.exec(text.slice(0, caret))
  const typed = found?.[1]
  return typed === undefined ? undefined : { from: caret - typed.length - 1, typed }
}
