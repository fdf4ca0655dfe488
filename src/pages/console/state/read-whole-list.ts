import type { ListedSession, ListPage, SessionList } from '../../../client/index.js'
import { patiently } from '../../shared/patiently.js'

const PAGE = 200
/** Ten thousand sessions. Nobody reads further down. */
const MOST_PAGES = 50

/** Reads a list to its end. */
export async function readWholeList(read: (page: ListPage) => Promise<SessionList>): Promise<ListedSession[]> {
  const listed: ListedSession[] = []
  let cursor: string | null | undefined
  for (let place = 0; place < MOST_PAGES && cursor !== null; place++) {
    const next: ListPage = { limit: PAGE, ...(cursor != null && { cursor }) }
    const page = await patiently(() => read(next))
    listed.push(...page.data)
    cursor = page.next_cursor
  }
  return listed
}
