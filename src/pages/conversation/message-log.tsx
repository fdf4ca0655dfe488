import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Message, Side } from '../../client/index.js'
import { translate, translateWith } from '../languages/translate.js'
import { Attachment } from '../files/attachment.js'
import { OutgoingFile } from '../files/outgoing-file.js'
import { PictureView } from '../files/pictures/picture-view.js'
import { MessageText } from './message-text.js'
import { followLog } from './follow-log.js'
import { mergeItems, type Insert } from './log-items.js'
import { ReceiptMark } from './receipt-mark.js'
import type { Draft, Timeline } from './timeline.js'
import { isSameDay, showDay, showTime } from '../text/times.js'

interface LogProps {
  timeline: Timeline
  /** The side whose page this is. */
  side: Side
  /** The name of the other side, for screen readers. */
  otherName: string
  /** The name of a sender of this side; undefined for the user of this page. */
  nameSender?: (senderId: number) => string | undefined
  onOlder: () => void
  /** Loads the messages after the gap. */
  onNewer?: () => void
  /** Elements between the messages, such as notes. */
  inserts?: readonly Insert[]
}

const none: readonly Insert[] = []

/** A conversation, oldest message first. Scrolling up loads older messages without moving the visible ones. */
export function MessageLog(props: LogProps) {
  const { timeline, side, otherName, nameSender, onOlder, onNewer, inserts = none } = props
  const { shown: messages, drafts, written, hasOlder, isLoading, gapAfter, marked } = timeline
  const box = useRef<HTMLDivElement>(null)
  const isBehind = useSignal(false)
  const openedId = useSignal<number>()
  const follower = useRef<ReturnType<typeof followLog>>(undefined)

  useLayoutEffect(() => {
    if (!box.current) return
    const started = followLog(box.current, { nearTop: onOlder, behind: (is) => (isBehind.value = is) })
    follower.current = started
    return () => started.stop()
  }, [timeline])
  const [first, last] = [messages.value[0]?.id, messages.value.at(-1)]
  const hasGap = gapAfter.value !== undefined
  const items = mergeItems(messages.value, inserts, { isWhole: !hasOlder.value, isNewest: !hasGap })
  const newest = items.at(-1)
  const newestKey = newest && ('insert' in newest ? newest.insert.key : newest.message.id)
  const before = useRef({ hasGap: false, newestKey, written: written.value })
  useLayoutEffect(() => {
    follower.current?.settle({
      isWritten: written.value !== before.current.written,
      isHistory: hasGap || before.current.hasGap,
      isNewer: newestKey !== before.current.newestKey,
    })
    before.current = { hasGap, newestKey, written: written.value }
  }, [first, last?.id, drafts.value, written.value, inserts, hasGap])
  useLayoutEffect(() => {
    const entry = box.current?.querySelector<HTMLElement>(`[data-message-id="${marked.value?.id ?? ''}"]`)
    if (entry) follower.current?.show(entry)
  }, [marked.value])

  return (
    <div class="log-frame">
      <div
        class={hasGap ? 'log with-gap' : 'log'}
        ref={box}
        tabIndex={0}
        role="region"
        aria-label={translate('messages.label')}
      >
        {hasOlder.value && (
          <button type="button" class="quiet older" disabled={isLoading.value} onClick={onOlder}>
            {translate(isLoading.value ? 'loading' : 'messages.earlier')}
          </button>
        )}
        <ol class="messages">
          {items.map((item) =>
            'insert' in item ? (
              <li key={item.insert.key} class="insert">
                {item.insert.content}
              </li>
            ) : (
              <Entry
                key={item.message.id}
                {...item}
                {...{ side, otherName, nameSender }}
                onOpen={() => (openedId.value = item.message.id)}
                isMarked={item.message.id === marked.value?.id}
              />
            ),
          )}
          {(hasGap ? [] : drafts.value).map((draft) => (
            <DraftEntry key={draft.id} {...{ draft, timeline }} />
          ))}
        </ol>
        {hasGap && (
          <button type="button" class="quiet older" disabled={isLoading.value} onClick={onNewer}>
            {translate(isLoading.value ? 'loading' : 'messages.later')}
          </button>
        )}
      </div>
      {hasGap && (
        <button
          type="button"
          class="jump"
          onClick={() => {
            timeline.leaveGap()
            follower.current?.toEnd()
          }}
        >
          {translate('messages.newest')} ↓
        </button>
      )}
      {isBehind.value && !hasGap && (
        <button type="button" class="jump" onClick={() => follower.current?.toEnd()}>
          {translate('messages.new')} ↓
        </button>
      )}
      <PictureView messages={messages.value} openedId={openedId} />
    </div>
  )
}

const NEAR_MS = 5 * 60_000

interface EntryProps {
  message: Message
  before: Message | undefined
  side: Side
  otherName: string
  nameSender: LogProps['nameSender']
  isMarked: boolean
  /** Opens the picture of the message in the viewer. */
  onOpen: () => void
}

function Entry({ message, before, side, otherName, nameSender, isMarked, onOpen }: EntryProps) {
  const isOwn = message.sender_type === side
  const name = isOwn ? nameSender?.(message.sender_id) : otherName
  const isNewDay = before === undefined || !isSameDay(before.created, message.created)
  const isFollowing =
    !isNewDay &&
    before.sender_type === message.sender_type &&
    before.sender_id === message.sender_id &&
    Date.parse(message.created) - Date.parse(before.created) < NEAR_MS
  return (
    <li
      class={`entry ${isOwn ? 'own' : 'other'} ${isFollowing ? 'following' : ''} ${isMarked ? 'marked' : ''}`}
      data-message-id={message.id}
      // A search result takes the focus, so that screen readers continue there.
      tabIndex={isMarked ? -1 : undefined}
    >
      {isNewDay && <p class="day">{showDay(message.created)}</p>}
      {before !== undefined && before.session_id !== message.session_id && (
        <p class="day">{translate('messages.newConversation')}</p>
      )}
      <div class="bubble">
        <span class={isOwn && name !== undefined && !isFollowing ? 'sender' : 'unseen'}>
          {translateWith('messages.sender', {
            name: name === undefined ? translate('messages.you') : <bdi>{name}</bdi>,
          })}{' '}
        </span>
        {message.content !== '' && <MessageText content={message.content} />}
        <Attachment message={message} onOpen={onOpen} />
        <p class="meta">
          <time dateTime={message.created}>{showTime(message.created)}</time>
          {isOwn && <ReceiptMark status={message.status} />}
        </p>
      </div>
    </li>
  )
}

function DraftEntry({ draft, timeline }: { draft: Draft; timeline: Timeline }) {
  const { content, error } = draft
  return (
    <li class={`entry own draft ${error === undefined ? '' : 'failed'}`}>
      <div class="bubble">
        <span class="unseen">{translate('messages.sender', { name: translate('messages.you') })} </span>
        {content !== '' && <MessageText content={content} />}
        <OutgoingFile
          message={draft}
          outgoing={timeline.outgoing}
          isFailed={error !== undefined}
          onCancel={() => timeline.cancel(draft)}
        />
        <p class="meta">{error === undefined && <ReceiptMark status="waiting" />}</p>
      </div>
      {error !== undefined && (
        <p class="failure" role="alert">
          {translateWith('draft.notSent', { error: <bdi>{error}</bdi> })}{' '}
          {timeline.canSend(draft) && (
            <>
              <button type="button" class="link" onClick={() => timeline.retry(draft)}>
                {translate('draft.retry')}
              </button>{' '}
            </>
          )}
          <button type="button" class="link" onClick={() => timeline.discard(draft)}>
            {translate('draft.discard')}
          </button>
        </p>
      )}
    </li>
  )
}
