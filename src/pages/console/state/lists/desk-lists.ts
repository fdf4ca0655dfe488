import type { ReadonlySignal } from '@preact/signals'
import type { AdminClient, Session } from '../../../../client/index.js'
import { toQuery, type ListFilter, type ListName } from './list-filter.js'
import type { Row } from './rows.js'
import { createSessionList, type SessionList } from './session-list.js'

export type DeskLists = Record<ListName, SessionList>

/** Urgent ones first, then the longest waiting, as the service lists them. */
const byUrgency = (one: Row, other: Row) => other.priority - one.priority || one.session.id - other.session.id
const byLastMessage = (one: Row, other: Row) => other.session.last_message_at.localeCompare(one.session.last_message_at)
const newestFirst = (one: Row, other: Row) => other.session.id - one.session.id

const tagOf = ({ tag }: ListFilter) => (tag === undefined ? {} : { tag })

/** The lists of an admin: waiting, own and closed sessions, and for supervisors all sessions. */
export function createDeskLists(
  client: AdminClient,
  rows: ReadonlySignal<ReadonlyMap<number, Row>>,
  ownId: ReadonlySignal<number | undefined>,
): DeskLists {
  const isOwn = ({ admin_id }: Session) => admin_id === ownId.value
  return {
    waiting: createSessionList(rows, {
      isOfKind: ({ status }) => status === 'open',
      order: byUrgency,
      read: (page, filter) => client.openSessions({ ...page, ...tagOf(filter) }),
    }),
    own: createSessionList(rows, {
      isOfKind: (session) => session.status === 'claimed' && isOwn(session),
      order: byLastMessage,
      read: (page, filter) => client.mySessions({ ...page, ...tagOf(filter) }),
    }),
    closed: createSessionList(rows, {
      isOfKind: (session) => session.status === 'closed' && isOwn(session),
      order: newestFirst,
      read: (page, filter) =>
        client.sessions({
          ...page,
          ...toQuery(filter),
          status: 'closed',
          ...(ownId.value !== undefined && { admin_id: ownId.value }),
        }),
    }),
    all: createSessionList(rows, {
      isOfKind: () => true,
      order: newestFirst,
      read: (page, filter) => client.sessions({ ...page, ...toQuery(filter) }),
    }),
  }
}
