import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Announcer } from '../shared/announcer.js'
import { Composer } from '../conversation/composer.js'
import { ConnectionBadge } from '../shared/connection-badge.js'
import { ConfirmDialog } from '../shared/dialog.js'
import { ChatIcon } from '../shared/icons.js'
import { MessageLog } from '../conversation/message-log.js'
import { TypingLine } from '../conversation/typing-line.js'
import type { StoreChat } from './store-chat.js'

/** The store's side of its conversation. `children`: what else belongs into the head of the page. */
export function ChatView({ chat, children }: { chat: StoreChat; children?: ComponentChildren }) {
  const { connection, session, problem, timeline, text } = chat
  const closing = useRef<HTMLDialogElement>(null)
  const isActive = session.value !== undefined && session.value.status !== 'closed'
  const isEmpty = timeline.messages.value.length + timeline.drafts.value.length === 0
  return (
    <div class="chat">
      <header class="bar">
        <div class="titles">
          <h1>Support</h1>
          <p class="muted">{describeSide(chat)}</p>
        </div>
        <ConnectionBadge connection={connection} />
        {isActive && (
          <button type="button" class="quiet" onClick={() => closing.current?.showModal()}>
            End
          </button>
        )}
        {children}
      </header>
      <main class="room">
        {isEmpty && !timeline.hasOlder.value ? <Welcome isKnown={chat.isKnown.value} /> : <Log chat={chat} />}
        {session.value?.status === 'closed' && (
          <p class="notice" role="status">
            This conversation has ended. Your next message begins a new one.
          </p>
        )}
        {problem.value !== undefined && (
          <p class="notice problem" role="alert">
            {problem.value}
          </p>
        )}
        <TypingLine name="Support" isTyping={chat.isAdminTyping.value} />
        <Composer text={text} label="Write a message" onSend={timeline.write} onTyping={chat.typing} />
      </main>
      <ConfirmDialog
        dialog={closing}
        title="End this conversation?"
        text="Support sees that it has ended. You can begin a new one at any time."
        action="End conversation"
        onConfirm={() => void chat.closeSession()}
      />
      <Announcer />
    </div>
  )
}

const Log = ({ chat }: { chat: StoreChat }) => (
  <MessageLog timeline={chat.timeline} side="store" otherName="Support" onOlder={chat.loadOlder} />
)

function Welcome({ isKnown }: { isKnown: boolean }) {
  return (
    <div class="empty">
      <ChatIcon />
      <h2>{isKnown ? 'How can we help?' : 'One moment…'}</h2>
      <p class="muted">Write to us here. You can leave and come back: nothing gets lost.</p>
    </div>
  )
}

function describeSide({ session, isAdminOnline }: StoreChat): string {
  if (session.value?.status === 'open') return 'Somebody will be with you soon'
  if (session.value?.status !== 'claimed') return 'We are here to help'
  return isAdminOnline.value ? 'Online now' : 'Away; your messages will be read later'
}
