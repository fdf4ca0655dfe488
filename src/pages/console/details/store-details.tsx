import { useLayoutEffect, useRef } from 'preact/hooks'
import { translate } from '../../languages/translate.js'
import { showBriefly } from '../../text/times.js'
import type { Conversation } from '../state/conversation.js'
import type { Desk } from '../state/desk.js'
import { nameStore } from '../state/names.js'
import { PriorityField, TagEditor } from './tag-editor.js'
import { TranscriptForm } from './transcript-form.js'

interface DetailsProps {
  desk: Desk
  conversation: Conversation
}

/** The panel beside a conversation: the store, the priority and tags of the session, and the store's other sessions. */
export function StoreDetails({ desk, conversation }: DetailsProps) {
  const { store, session, rating } = conversation
  const aside = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    // On narrow screens the panel covers the conversation, so it takes the focus.
    const { current } = aside
    if (current && getComputedStyle(current).position === 'absolute') current.focus()
  }, [])
  return (
    <aside
      class="details"
      ref={aside}
      tabIndex={-1}
      aria-label={translate('details.title')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        desk.settings.isAsideOpen.value = false
        document.querySelector<HTMLElement>('[data-act=details]')?.focus()
      }}
    >
      <header>
        <h3>{translate('details.title')}</h3>
        <button
          type="button"
          class="quiet"
          aria-label={translate('details.hide')}
          onClick={() => (desk.settings.isAsideOpen.value = false)}
        >
          ✕
        </button>
      </header>
      {store.value && (
        <dl class="facts">
          <dt>{translate('details.store')}</dt>
          <dd>
            <bdi>{nameStore(store.value, store.value.id)}</bdi> <span class="muted">#{store.value.id}</span>
          </dd>
          {store.value.email !== '' && (
            <>
              <dt>{translate('details.email')}</dt>
              <dd>
                <bdi>{store.value.email}</bdi>
              </dd>
            </>
          )}
          {session.value && (
            <>
              <dt>{translate('details.begun')}</dt>
              <dd>
                <time dateTime={session.value.created}>{showBriefly(session.value.created)}</time>
              </dd>
            </>
          )}
          {rating.value && (
            <>
              <dt>{translate('rating.title')}</dt>
              <dd>
                <span class="stars">{translate('rating.of', { score: rating.value.score })}</span>
                {rating.value.comment !== '' && <p dir="auto">{rating.value.comment}</p>}
              </dd>
            </>
          )}
        </dl>
      )}
      <PriorityField desk={desk} conversation={conversation} />
      <TagEditor desk={desk} conversation={conversation} />
      <TranscriptForm desk={desk} sessionId={conversation.id} />
      <EarlierSessions desk={desk} conversation={conversation} />
    </aside>
  )
}

function EarlierSessions({ desk, conversation }: DetailsProps) {
  const others = conversation.storeSessions.value.filter(({ id }) => id !== conversation.id)
  return (
    <section>
      <h4>{translate('details.others')}</h4>
      {others.length === 0 && <p class="muted">{translate('details.noOthers')}</p>}
      <ul class="others">
        {others.map(({ id, status, created, last_message }) => (
          <li key={id}>
            <button type="button" class="quiet" onClick={() => desk.choose(id)}>
              <span class="row-head">
                <span class="name">{showBriefly(created)}</span>
                <span class="chip">{translate(`status.${status}`)}</span>
              </span>
              <bdi class="snippet">
                {last_message === null ? translate('messages.none') : last_message.content || translate('attachment')}
              </bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
