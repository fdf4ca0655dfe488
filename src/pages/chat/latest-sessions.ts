import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { History, OwnSession, Session, SessionHistory, StoreClient } from '../../client/index.js'
import type { EarlierSessions } from '../conversation/earlier-sessions.js'
import type { Timeline } from '../conversation/timeline.js'
import { choosePauseMs, retryLimited } from '../shared/retry-limited.js'
import type { OwnRatings } from './rating/own-ratings.js'

const LISTED = 20
/** Messages read per session: enough for the unread count, which is shown as `99+` beyond 99. */
const NEWEST = 100
/** Earlier sessions that are shown for their unread answers. More in a row are rare. */
const MOST_UNREAD = 5

interface Shown {
  session: Signal<Session | undefined>
  timeline: Timeline
  earlier: EarlierSessions
  ratings: OwnRatings
}

/** Loads a store's latest session, ended or not, and the sessions right before it that end with an unread answer. */
export interface LatestSessions {
  /** Reads the sessions, now or after the read in progress. Retries a failed read while the client is online. */
  load(): Promise<void>
  /** Whether the messages of a session were read. Events report all later ones. */
  isLoaded(sessionId: number): boolean
  noteLoaded(sessionId: number): void
  /** Whether the first load has finished or failed. */
  isKnown: ReadonlySignal<boolean>
  close(): void
}

export function createLatestSessions(
  client: StoreClient,
  { session, timeline, earlier, ratings }: Shown,
): LatestSessions {
  const isKnown = signal(false)
  const loaded = new Set<number>()
  let isLoading = false
  let isWanted = false
  /** Consecutive failures. */
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    isWanted = true
    if (isLoading) return
    clearTimeout(timer)
    isLoading = true
    try {
      while (isWanted) {
        isWanted = false
        await loadOnce()
        failures = 0
      }
    } catch {
      // When the client is offline, the next `online` state loads again.
      if (client.state === 'online') timer = setTimeout(() => void load(), choosePauseMs(failures++))
    } finally {
      isLoading = false
      isKnown.value = true
    }
  }

  async function loadOnce(): Promise<void> {
    const page = await retryLimited(() => client.sessions({ limit: LISTED }))
    ratings.note(page.data)
    const shown = chooseShown(page.data)
    const read = (id: number) => client.history({ session_id: id, limit: NEWEST })
    const histories = await timeline.read(
      () => Promise.all(shown.map(({ id }) => read(id))),
      (answers) => {
        const oldest = shown.at(-1)
        if (oldest) showWhatIsOlder(page, oldest.id, answers.at(-1))
        return answers.flatMap(({ data }) => data)
      },
    )
    if (histories === undefined) {
      // A reset has replaced the history meanwhile.
      isWanted = true
      return
    }
    for (const { id } of shown) loaded.add(id)
    const newest = page.data.find(({ status, last_message }) => status !== 'closed' || last_message !== null)
    // A live event may have brought a newer session, or a newer state of this one.
    if (newest && newest.id > (session.value?.id ?? 0)) session.value = newest
  }

  /** Sets what can be loaded above the messages, unless the reader has already scrolled back past this session. */
  function showWhatIsOlder(page: SessionHistory<OwnSession>, id: number, last: History | undefined): void {
    const [first] = timeline.messages.value
    if (first !== undefined && first.session_id < id) return
    if (!loaded.has(id)) timeline.isWhole.value = last?.has_more !== true
    earlier.note(page, id)
    timeline.hasEarlier.value = earlier.isMore()
  }

  return {
    load,
    isLoaded: (sessionId) => loaded.has(sessionId),
    noteLoaded: (sessionId) => void loaded.add(sessionId),
    isKnown,
    close: () => clearTimeout(timer),
  }
}

/** The latest session with messages, and those right before it whose last message is an unread answer. Newest first. */
function chooseShown(listed: OwnSession[]): OwnSession[] {
  const [latest, ...rest] = listed.filter(({ last_message }) => last_message !== null)
  if (latest === undefined) return []
  const end = rest.findIndex(
    ({ last_message }) => last_message?.sender_type !== 'admin' || last_message.status === 'read',
  )
  return [latest, ...rest.slice(0, Math.min(end < 0 ? rest.length : end, MOST_UNREAD))]
}
