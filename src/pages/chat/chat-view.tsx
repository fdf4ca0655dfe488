import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { Announcer } from '../shared/announcer.js'
import { Composer } from '../conversation/composer.js'
import { ConnectionBadge } from '../shared/connection-badge.js'
import { ConfirmDialog } from '../shared/dialog.js'
import { ChatIcon, DownloadIcon } from '../shared/icons.js'
import { Problem } from '../shared/problem.js'
import { MessageLog } from '../conversation/message-log.js'
import { TypingLine } from '../conversation/typing-line.js'
import { minute } from '../text/clock.js'
import { mayRate } from './rating/own-ratings.js'
import { RatingForm } from './rating/rating-form.js'
import type { StoreChat } from './store-chat.js'

/** The store's view of its conversation. `children`: further elements of the page header. */
export function ChatView({ chat, children }: { chat: StoreChat; children?: ComponentChildren }) {
  const { connection, session, problem, timeline, text, files } = chat
  const closing = useRef<HTMLDialogElement>(null)
  const isActive = session.value !== undefined && session.value.status !== 'closed'
  const isEmpty = timeline.messages.value.length + timeline.drafts.value.length === 0
  return (
    <div class="chat">
      <header class="bar">
        <div class="titles">
          <h1>{translate('chat.support')}</h1>
          <p class="muted">{describeSide(chat)}</p>
        </div>
        <ConnectionBadge connection={connection} />
        <div class="bar-buttons">
          {isActive && (
            <button type="button" class="quiet" onClick={() => closing.current?.showModal()}>
              {translate('chat.end')}
            </button>
          )}
          {session.value !== undefined && !isEmpty && (
            <button
              type="button"
              class="quiet"
              aria-label={translate('transcript.save')}
              title={translate('transcript.save')}
              onClick={() => void chat.saveTranscript()}
            >
              <DownloadIcon />
            </button>
          )}
          {children}
        </div>
      </header>
      <main class="room">
        {isEmpty && !timeline.hasOlder.value ? <Welcome isKnown={chat.isKnown.value} /> : <Log chat={chat} />}
        {session.value?.status === 'closed' && (
          <p class="notice" role="status">
            {translate('chat.ended')}
          </p>
        )}
        {session.value?.status === 'closed' && !isEmpty && mayRate(session.value.closed_at, minute.value) && (
          <RatingForm key={session.value.id} sessionId={session.value.id} ratings={chat.ratings} />
        )}
        <Problem of={problem} />
        <TypingLine name={translate('chat.support')} isTyping={chat.isAdminTyping.value} />
        <Composer
          text={text}
          files={files}
          label={translate('chat.write')}
          onSend={chat.write}
          onTyping={chat.typing}
        />
      </main>
      <ConfirmDialog
        dialog={closing}
        title={translate('chat.endTitle')}
        text={translate('chat.endText')}
        action={translate('chat.endAction')}
        onConfirm={() => void chat.closeSession()}
      />
      <Announcer />
    </div>
  )
}

const Log = ({ chat }: { chat: StoreChat }) => (
  <MessageLog timeline={chat.timeline} side="store" otherName={translate('chat.support')} onOlder={chat.loadOlder} />
)

function Welcome({ isKnown }: { isKnown: boolean }) {
  return (
    <div class="empty">
      <ChatIcon />
      <h2>{translate(isKnown ? 'chat.welcome' : 'chat.moment')}</h2>
      <p class="muted">{translate('chat.welcomeText')}</p>
    </div>
  )
}

function describeSide({ session, isAdminOnline }: StoreChat): string {
  if (session.value?.status === 'open') return translate('chat.soon')
  if (session.value?.status !== 'claimed') return translate('chat.idle')
  return translate(isAdminOnline.value ? 'chat.online' : 'chat.away')
}
