import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { AdminClient, Note } from '../../../client/index.js'
import { chooseId } from '../../conversation/timeline.js'
import { retryLimited } from '../../shared/retry-limited.js'

const PAGE = 200
/** Two thousand notes per session. */
const MOST_PAGES = 10

/** The notes of all sessions that a conversation shows, oldest first, live. */
export interface Notes {
  all: ReadonlySignal<readonly Note[]>
  /** Writes a note. Idempotent: after a failure or a reload, the same text is stored only once. */
  write(content: string): Promise<void>
  remove(id: number): Promise<void>
  close(): void
}

export function createNotes(
  client: AdminClient,
  sessionId: number,
  /** The sessions whose messages are shown. */
  shown: ReadonlySignal<ReadonlySet<number>>,
  /** The id and the text of the last attempt, in the browser's storage: the page may be closed before the response. */
  attempt: Signal<string>,
): Notes {
  const all = signal<readonly Note[]>([])
  const loaded = new Set<number>()

  function merge(more: readonly Note[]): void {
    const known = new Map(all.value.map((note) => [note.id, note]))
    for (const note of more) {
      if (note.deleted) known.delete(note.id)
      else known.set(note.id, note)
    }
    all.value = [...known.values()].sort((one, other) => one.id - other.id)
  }

  /** Reads all notes of a session. This also removes notes that were deleted while the client was offline. */
  async function load(session_id: number): Promise<void> {
    const read: Note[] = []
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const [oldest] = read
      const page = await retryLimited(() =>
        client.notes({ session_id, limit: PAGE, ...(oldest && { before: oldest.id }) }),
      )
      read.unshift(...page.data)
      if (!page.has_more) break
    }
    all.value = all.value.filter((note) => note.session_id !== session_id)
    merge(read)
  }

  function loadNew(): void {
    for (const id of new Set([sessionId, ...shown.value])) {
      if (loaded.has(id)) continue
      loaded.add(id)
      // The service refuses the read if another admin holds the session now.
      load(id).catch(() => loaded.delete(id))
    }
  }

  const reload = () => {
    loaded.clear()
    loadNew()
  }
  const ends = [
    effect(loadNew),
    client.on('note', (note) => {
      if (note.session_id === sessionId || loaded.has(note.session_id)) merge([note])
    }),
    client.on('state', (state) => {
      if (state === 'online') reload()
    }),
    client.on('reset', ({ session }) => {
      if (loaded.has(session.id)) reload()
    }),
  ]

  return {
    all,
    async write(content) {
      let [client_note_id = ''] = attempt.value.split(' ', 1)
      if (attempt.value !== `${client_note_id} ${content}`) client_note_id = chooseId()
      attempt.value = `${client_note_id} ${content}`
      merge([await client.addNote({ session_id: sessionId, content, client_note_id })])
      attempt.value = ''
    },
    async remove(id) {
      await client.deleteNote(id)
      all.value = all.value.filter((note) => note.id !== id)
    },
    close: () => ends.forEach((end) => end()),
  }
}
