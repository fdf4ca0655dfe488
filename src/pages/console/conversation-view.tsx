import { useEffect, useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { Composer } from '../conversation/composer.js'
import { BackIcon } from '../shared/icons.js'
import { isTouchScreen } from '../browser/keys.js'
import { MessageLog } from '../conversation/message-log.js'
import { TypingLine } from '../conversation/typing-line.js'
import { Avatar } from './avatar.js'
import { ConversationActions } from './conversation-actions.js'
import type { Conversation } from './state/conversation.js'
import type { Desk } from './state/desk.js'
import { nameStore } from './state/name-store.js'

interface ConversationProps {
  desk: Desk
  conversation: Conversation
}

export function ConversationView({ desk, conversation }: ConversationProps) {
  const { session, store, problem, timeline, isLoaded, id } = conversation
  const head = useRef<HTMLHeadingElement>(null)
  // What was pressed to come here may be out of sight now. On a phone the keyboard would hide what there is to read.
  useEffect(() => {
    const field = isTouchScreen() ? null : document.querySelector<HTMLElement>('[data-composer]')
    const target = field ?? head.current
    target?.focus()
  }, [desk.isHeld.value])

  const storeId = session.value?.store_id ?? store.value?.id ?? 0
  const name = storeId === 0 ? translate('console.conversation') : nameStore(store.value, storeId)
  const isOnline = desk.online.value.has(id)
  const isEmpty = timeline.messages.value.length + timeline.drafts.value.length === 0 && !timeline.hasOlder.value
  return (
    <>
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
        <div class="titles">
          <h2 ref={head} tabIndex={-1} title={name}>
            <bdi>{name}</bdi>
          </h2>
          <p class="muted">
            {/* Who is not online is told to the holder only. */}
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
            <bdi>#{id}</bdi>
          </p>
        </div>
        <ConversationActions desk={desk} conversation={conversation} />
      </header>
      {problem.value !== undefined && (
        <p class="notice problem" role="alert" dir="auto">
          {problem.value}
        </p>
      )}
      {isEmpty ? (
        <p class="empty muted">
          {isLoaded.value ? translate('messages.none') : problem.value === undefined && translate('loading')}
        </p>
      ) : (
        <MessageLog timeline={timeline} side="admin" otherName={name} onOlder={conversation.loadOlder} />
      )}
      <Foot {...{ desk, conversation, name }} />
    </>
  )
}

/** What can be done next. */
function Foot({ desk, conversation, name }: ConversationProps & { name: string }) {
  const { id, timeline, session } = conversation
  if (desk.isHeld.value) {
    return (
      <>
        <TypingLine name={name} isTyping={desk.typing.value.has(id)} />
        <Composer
          text={desk.textOf(id)}
          files={desk.filesOf(id)}
          label={translate('session.write')}
          onSend={timeline.write}
          onTyping={conversation.typing}
          onEscape={() => document.querySelector<HTMLElement>('.window [tabindex="0"]')?.focus()}
        />
      </>
    )
  }
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
      {session.value.status === 'closed'
        ? translate('session.ended')
        : translate('session.heldBy', { id: String(session.value.admin_id ?? '') })}
    </p>
  )
}
