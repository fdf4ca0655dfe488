import { until } from '../../../harness/until.js'
import { isDatabaseAway } from '../../../src/database/failures.js'
import { createTimesDerivation } from '../../../src/reports/derive-times.js'
import { createSearchFill } from '../../../src/search/fill-search.js'
import type { Answer } from '../clients/client.js'
import type { TestAccount } from './accounts.js'
import type { ChatClient } from './chat-client.js'

const STATEMENT_MS = 5000
const failSlow = () => {
  throw new Error('The turn took too long')
}

/** Fills the search with all existing messages, without its pauses. */
export async function fillNow({ node: { app, database } }: ChatClient): Promise<void> {
  const fillSearch = createSearchFill(app.db, STATEMENT_MS, failSlow)
  await until(async () => {
    await database.query(`update event_cursor set next_at = now() where consumer = 'search'`)
    await fillSearch().catch((error: unknown) => {
      // The index is being created.
      if (!isDatabaseAway(error)) throw error
    })
    const missing = await database.query(
      `select from chat_message m where not exists (select from chat_message_search where message_id = m.id) limit 1`,
    )
    return missing.length === 0
  }, 10_000)
}

/** Brings the times of reports up to date, without pauses. */
export async function deriveNow({ node: { app, database } }: ChatClient): Promise<void> {
  const deriveTimes = createTimesDerivation(app.db, STATEMENT_MS, failSlow)
  // A turn that the node itself has started may have read an older state.
  for (let turn = 0; turn < 2; turn++) {
    await until(async () => {
      await database.query(`update event_cursor set next_at = now() - interval '1 second' where consumer = 'reports'`)
      await deriveTimes()
      const [row] = await database.query<{ isDone: boolean }>(
        `select next_at > now() as "isDone" from event_cursor where consumer = 'reports'`,
      )
      return row?.isDone === true
    }, 10_000)
  }
}

type Query = Record<string, string | number>

/** Searches as an admin, once the node is ready to search. */
export async function search(chat: ChatClient, admin: TestAccount, q: string, query: Query = {}): Promise<Answer> {
  let answer: Answer | undefined
  await until(async () => {
    answer = await chat.get('admin/search/', admin, { q, ...query })
    return answer.status !== 503
  }, 10_000)
  if (answer === undefined) throw new Error('No answer')
  return answer
}

/** Returns the contents of the messages that a search finds. */
export async function find(chat: ChatClient, admin: TestAccount, q: string, query: Query = {}): Promise<string[]> {
  const { status, body } = await search(chat, admin, q, query)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return body.data.map(({ message }: { message: { content: string } }) => message.content)
}
