import type { TestDatabase } from '../databases/database.js'

/** A durable event of a session as stored. */
export interface SessionEvent {
  seq: number
  /** The kind of the change, or `message`. */
  kind: string
  /** Set for a message. */
  messageId: number | null
}

/** The durable events of a session in the order of their seq. */
export async function readEvents({ query }: TestDatabase, sessionId: number): Promise<SessionEvent[]> {
  return query<SessionEvent>(
    `select seq::int, kind::text, null::int as "messageId" from chat_session_change where session_id = $1
     union all select seq::int, 'message', id::int from chat_message where session_id = $1 order by seq`,
    [sessionId],
  )
}

/** The kinds of all events of a store's sessions, such as `create claim close / create message`. */
export async function readStory(database: TestDatabase, storeId: number): Promise<string> {
  const sessions = await database.query<{ id: string }>('select id from chat_session where store_id = $1 order by id', [
    storeId,
  ])
  const stories = sessions.map(async ({ id }) => {
    const events = await readEvents(database, Number(id))
    return events.map(({ kind }) => kind).join(' ')
  })
  return (await Promise.all(stories)).join(' / ')
}

/** Faults in the numbering of a session's events: seq must start at 1 without gaps, with ids in the same order. */
export async function findDisorder(database: TestDatabase, sessionId: number): Promise<string[]> {
  const events = await readEvents(database, sessionId)
  const [session] = await database.query<{ seq: string }>('select seq from chat_session where id = $1', [sessionId])
  const ids = events.flatMap(({ messageId }) => messageId ?? [])
  return [
    ...events.flatMap(({ seq }, index) => (seq === index + 1 ? [] : [`seq ${seq} at position ${index + 1}`])),
    ...ids.flatMap((id, index) => (index === 0 || id > (ids[index - 1] ?? 0) ? [] : [`message ${id} out of order`])),
    ...(Number(session?.seq) === events.length ? [] : [`seq ${session?.seq} of ${events.length} events`]),
  ]
}
