import type { Message } from '../../../client/index.js'
import { formatCapped, formatNumber } from '../../languages/formats.js'
import { translate } from '../../languages/translate.js'
import { ReceiptMark } from '../../conversation/receipt-mark.js'
import { showBriefly, showSpan } from '../../text/times.js'
import type { Desk } from '../state/desk.js'
import type { ListName } from '../state/lists/list-filter.js'
import type { Row } from '../state/lists/rows.js'
import { nameStore } from '../state/names.js'
import { Avatar } from './avatar.js'
import { PriorityMark, TagChips } from './tag-chips.js'

interface SessionRowProps {
  row: Row
  list: ListName
  desk: Desk
  nowMs: number
}

/** A row has space for this many tags. */
const MOST_TAGS = 2

export function SessionRow({ row, list, desk, nowMs }: SessionRowProps) {
  const { session, store, last, unread, tags, priority } = row
  const isTyping = desk.typing.value.has(session.id)
  return (
    <>
      <Avatar store={store} storeId={session.store_id} isOnline={desk.online.value.has(session.id)} />
      <span class="row-text">
        <span class="row-head">
          <PriorityMark priority={priority} />
          <bdi class="name">{nameStore(store, session.store_id)}</bdi>
          <span class="when">
            {session.status === 'open' ? (
              <WaitingTime time={showSpan(session.created, nowMs)} />
            ) : (
              showBriefly(session.last_message_at)
            )}
          </span>
        </span>
        <span class="row-tail">
          <TagChips tags={tags} most={MOST_TAGS} />
          {list === 'all' && <Holder row={row} desk={desk} />}
          {row.rating !== null && <Stars score={row.rating.score} />}
          {!isTyping && last?.sender_type === 'admin' && <ReceiptMark status={last.status} />}
          <bdi class="snippet">{isTyping ? translate('list.isTyping') : describeLast(last)}</bdi>
          {unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{formatCapped(unread, 99)}</span>
              <span class="unseen">{translate('list.unread', { count: unread, shown: formatCapped(unread, 99) })}</span>
            </span>
          )}
        </span>
      </span>
    </>
  )
}

const describeLast = (last: Message | null) =>
  last === null ? translate('messages.none') : last.content || translate('attachment')

/** A duration. Screen readers also announce that it is the waiting time. */
const WaitingTime = ({ time }: { time: string }) => (
  <>
    <span aria-hidden="true">{time}</span>
    <span class="unseen">{translate('list.waitingFor', { time })}</span>
  </>
)

/** The status and the holder of a session, for the list of all sessions. */
function Holder({ row: { session }, desk }: { row: Row; desk: Desk }) {
  const { status, admin_id } = session
  const name = admin_id === null ? undefined : (desk.colleagues.nameOf(admin_id) ?? `#${admin_id}`)
  return (
    <span class={`chip ${status}`}>
      {translate(`status.${status}`)}
      {name !== undefined && (
        <>
          {' · '}
          <bdi>{name}</bdi>
        </>
      )}
    </span>
  )
}

const Stars = ({ score }: { score: number }) => (
  <span class="stars" title={translate('rating.of', { score })}>
    <span aria-hidden="true">★ {formatNumber(score)}</span>
    <span class="unseen">{translate('rating.of', { score })}</span>
  </span>
)
