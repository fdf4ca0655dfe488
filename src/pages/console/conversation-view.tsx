import { useSignal, type Signal } from '@preact/signals'
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Message, Session } from '../../client/index.js'
import { translate, translateWith } from '../languages/translate.js'
import { Composer } from '../conversation/composer.js'
import type { Insert } from '../conversation/log-items.js'
import { BackIcon, InfoIcon } from '../shared/icons.js'
import { Problem } from '../shared/problem.js'
import { focusFirst, focusRendered } from '../browser/focus.js'
import { useKeptFocus } from '../browser/keep-focus.js'
import { isTouchScreen } from '../browser/keys.js'
import { MessageLog } from '../conversation/message-log.js'
import { TypingLine } from '../conversation/typing-line.js'
import { ConversationActions } from './actions/conversation-actions.js'
import { useCannedCompletion } from './canned/canned-completion.js'
import { StoreDetails } from './details/store-details.js'
import { Avatar } from './lists/avatar.js'
import { PriorityMark, TagChips } from './lists/tag-chips.js'
import { NoteComposer } from './notes/note-composer.js'
import { listNotes } from './notes/note-entry.js'
import type { Conversation } from './state/conversation.js'
import type { Desk } from './state/desk.js'
import { nameAdmin, nameStore } from './state/names.js'
import { Unsent } from './unsent.js'

interface ConversationProps {
  desk: Desk
  conversation: Conversation
}

/** The kind of text that is written: a message to the store, or a note for admins. */
type Writing = 'message' | 'note'

const fields: Record<Writing, string> = { message: '[data-composer]', note: '[data-note]' }
const HEAD = '.conversation h2'
const UNSENT = '[data-unsent]'

export function ConversationView({ desk, conversation }: ConversationProps) {
  const { session, store, problem, timeline, isLoaded, id, tags, priority } = conversation
  // Each conversation opens with the message field.
  const writing = useSignal<Writing>('message')
  const { isAsideOpen } = desk.settings
  const isEntered = useRef(false)
  // The pressed element may be hidden now, so the focus moves here. On a phone, focusing the field would open the
  // keyboard, which hides the messages.
  useLayoutEffect(() => {
    const { activeElement } = document
    // Do not take the focus from a field in use: the rest of a note would go into the message to the store.
    const isFree = activeElement === document.body || activeElement?.matches(`${HEAD}, .claim *`) === true
    const wasEntered = isEntered.current
    if (wasEntered && !isFree) return
    isEntered.current = true
    if (isTouchScreen()) focusFirst(HEAD)
    // Who is still typing when the session is lost must not press shortcuts.
    else focusFirst(fields[writing.value], wasEntered ? UNSENT : HEAD, HEAD)
  }, [desk.isHeld.value])

  const storeId = session.value?.store_id ?? store.value?.id ?? 0
  const name = storeId === 0 ? translate('console.conversation') : nameStore(store.value, storeId)
  const isOnline = desk.online.value.has(id)
  const isEmpty = timeline.messages.value.length + timeline.drafts.value.length === 0 && !timeline.hasOlder.value
  const noted = conversation.notes.all.value
  const newFrom = conversation.newLine.before.value
  const inserts = useMemo(() => [...listNotes(desk, conversation), ...lineBefore(newFrom)], [noted, newFrom])
  const talk = useRef<HTMLDivElement>(null)
  // A deleted note had the focus.
  useKeptFocus(talk, { items: '.note', control: '.link', otherwise: () => focusFirst('.log', HEAD) })
  return (
    <div class={`conversation ${isAsideOpen.value ? 'with-aside' : ''}`}>
      <div class="talk" ref={talk}>
        <header class="conversation-head">
          <button
            type="button"
            class="quiet back"
            aria-label={translate('console.back')}
            onClick={() => desk.choose(undefined)}
          >
            <BackIcon />
          </button>
          <Avatar store={store.value} storeId={storeId} isOnline={false} />
          <div class="head-main">
            <div class="titles">
              <h2 tabIndex={-1}>
                <bdi title={name}>{name}</bdi>
              </h2>
              <p class="muted">
                {/* Only the holder is notified that a store is offline. */}
                {isOnline ? (
                  <span class="is-online">{translate('console.online')} · </span>
                ) : (
                  desk.isHeld.value && `${translate('console.offline')} · `
                )}
                {store.value?.email && (
                  <>
                    <bdi>{store.value.email}</bdi> ·{' '}
                  </>
                )}
                <bdi>#{id}</bdi> <PriorityMark priority={priority.value} /> <TagChips tags={tags.value} />
              </p>
            </div>
            <ConversationActions desk={desk} conversation={conversation} />
          </div>
          <button
            type="button"
            class="quiet info"
            aria-expanded={isAsideOpen.value}
            aria-label={translate('details.title')}
            data-act="details"
            onClick={() => (isAsideOpen.value = !isAsideOpen.value)}
          >
            <InfoIcon />
          </button>
        </header>
        <Problem of={problem} />
        {isEmpty && noted.length === 0 ? (
          <p class="empty muted">
            {isLoaded.value ? translate('messages.none') : problem.value === undefined && translate('loading')}
          </p>
        ) : (
          <MessageLog
            timeline={timeline}
            side="admin"
            otherName={name}
            nameSender={(id) => nameAdmin(desk, id)}
            onOlder={conversation.loadOlder}
            onNewer={conversation.loadNewer}
            inserts={inserts}
          />
        )}
        {session.value && <WritingSwitch writing={writing} />}
        {session.value && writing.value === 'note' ? (
          <NoteComposer
            desk={desk}
            conversation={conversation}
            onLeave={() => {
              writing.value = 'message'
              // Only the holder has a message field.
              focusRendered(fields.message, HEAD)
            }}
          />
        ) : (
          <Foot {...{ desk, conversation, name }} />
        )}
      </div>
      {isAsideOpen.value && <StoreDetails desk={desk} conversation={conversation} />}
    </div>
  )
}

/**
 * The line above the first new message. Times are compared as text, so without the final `Z` the line sorts just before the
 * message.
 */
const lineBefore = (message: Message | undefined): Insert[] =>
  message === undefined
    ? []
    : [
        {
          key: 'new',
          created: message.created.slice(0, -1),
          content: <p class="new-line">{translate('messages.new')}</p>,
        },
      ]

/** Switches between message and note. */
function WritingSwitch({ writing }: { writing: Signal<Writing> }) {
  return (
    <div class="writing" role="group" aria-label={translate('notes.which')}>
      {(['message', 'note'] as const).map((which) => (
        <button
          key={which}
          type="button"
          class={which}
          aria-pressed={writing.value === which}
          data-write={which}
          onClick={() => {
            writing.value = which
            focusRendered(fields[which])
          }}
        >
          {translate(`notes.${which}`)}
        </button>
      ))}
    </div>
  )
}

/** The composer for the holder; for others what they have not sent, and the state of the session. */
function Foot({ desk, conversation, name }: ConversationProps & { name: string }) {
  const { id, timeline, session, problem } = conversation
  const isKnown = session.value !== undefined || problem.value !== undefined
  const text = desk.textOf(id)
  const completion = useCannedCompletion(desk, id, text, () =>
    document.querySelector<HTMLElement>('[data-act=canned]')?.click(),
  )
  if (desk.isHeld.value) {
    return (
      <>
        <TypingLine name={name} isTyping={desk.typing.value.has(id)} />
        <Composer
          text={text}
          completion={completion}
          files={desk.filesOf(id)}
          label={translate('session.write')}
          onSend={timeline.write}
          onTyping={conversation.typing}
          onEscape={() => focusFirst('.window [tabindex="0"]', '.hit', '[data-search]')}
        />
      </>
    )
  }
  return (
    <>
      {isKnown && <Unsent text={text} files={desk.filesOf(id)} />}
      <SessionState desk={desk} conversation={conversation} />
    </>
  )
}

function SessionState({ desk, conversation: { session } }: ConversationProps) {
  if (session.value?.status === 'open') {
    return (
      <div class="claim">
        <p class="muted">{translate('session.unclaimed')}</p>
        <button type="button" class="primary" disabled={desk.isBusy.value} onClick={() => void desk.claim()}>
          {translate('session.claim')}
        </button>
      </div>
    )
  }
  if (session.value === undefined) return null
  return (
    <p class="notice" role="status">
      {session.value.status === 'closed' ? translate('session.ended') : describeHolder(desk, session.value)}
    </p>
  )
}

function describeHolder({ colleagues }: Desk, { admin_id }: Session) {
  const id = String(admin_id ?? '')
  const name = admin_id === null ? undefined : colleagues.nameOf(admin_id)
  return name === undefined
    ? translate('session.heldBy', { id })
    : translateWith('session.heldByName', { id, name: <bdi>{name}</bdi> })
}
