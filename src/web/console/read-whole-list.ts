import type { ListedSession, ListPage, SessionList } from '../../client/index.js'

const PAGE = 200
/** Ten thousand sessions. Nobody reads further down. */
const MOST_PAGES = 50

/** Reads a list to its end. */
export async function readWholeList(read: (page: ListPage) => Promise<SessionList>): Promise<ListedSession[]> {
  const listed: ListedSession[] = []
  let cursor: string | null | undefined
  for (let place = 0; place < MOST_PAGES && cursor !== null; place++) {
    const page = await read({ limit: PAGE, ...(cursor != null && { cursor }) })
    listed.push(...page.data)
    cursor = page.next_cursor
  }
  return listed
}
