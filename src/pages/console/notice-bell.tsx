import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { translate } from '../languages/translate.js'
import { BellIcon } from '../shared/icons.js'
import { playChime } from '../browser/chime.js'
import { isComposing } from '../browser/keys.js'
import { showBriefly } from '../text/times.js'
import type { Desk } from './state/desk.js'
import { nameStore } from './state/names.js'
import { showCount } from './state/notices.js'

/** The button with the number of unread notifications, and the panel that lists them. */
export function NoticeBell({ desk }: { desk: Desk }) {
  const { count } = desk.notices
  const shown = showCount(count.value)
  const isOpen = useSignal(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    isOpen.value = false
    button.current?.focus()
  }
  const toggle = () => {
    isOpen.value = !isOpen.value
    if (isOpen.value) void desk.notices.list()
  }
  return (
    <div class="bell">
      <button
        ref={button}
        type="button"
        class="quiet"
        aria-expanded={isOpen.value}
        aria-label={translate('notifications.label', { count: count.value, shown })}
        data-act="notifications"
        onClick={toggle}
      >
        <BellIcon />
        {count.value > 0 && <span class="badge">{shown}</span>}
      </button>
      {isOpen.value && <NoticePanel desk={desk} onClose={close} />}
    </div>
  )
}

function NoticePanel({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const { notices } = desk
  const panel = useRef<HTMLElement>(null)
  // Before the next key: Escape right after the shortcut closes the panel, not the conversation behind it.
  useLayoutEffect(() => panel.current?.focus(), [])
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (target instanceof Node && panel.current?.parentElement?.contains(target) === false) onClose()
    }
    document.addEventListener('pointerdown', leave)
    return () => document.removeEventListener('pointerdown', leave)
  }, [])
  return (
    <section
      ref={panel}
      class="notices"
      aria-label={translate('notifications.title')}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !isComposing(event)) onClose()
      }}
    >
      <header>
        <h2>{translate('notifications.title')}</h2>
        <button type="button" class="quiet" onClick={() => void notices.readAll()}>
          {translate('notifications.readAll')}
        </button>
      </header>
      {notices.permission.value === 'default' && (
        <button
          type="button"
          onClick={() => {
            // The answer removes this button, so the focus moves to the panel.
            panel.current?.focus()
            void notices.ask()
          }}
        >
          {translate('notifications.ask')}
        </button>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={desk.settings.hasSound.value}
          onChange={({ currentTarget }) => {
            desk.settings.hasSound.value = currentTarget.checked
            // Plays the sound as a sample. The click also unlocks audio: browsers mute pages before the first interaction.
            if (currentTarget.checked) playChime()
          }}
        />
        {translate('notifications.sound')}
      </label>
      {notices.listed.value.length === 0 && <p class="empty muted">{translate('notifications.none')}</p>}
      <ul>
        {notices.listed.value.map(({ id, is_read, session_id, store_id, store_name, content, created_at }) => (
          <li key={id}>
            <button
              type="button"
              class={is_read ? 'read' : 'fresh'}
              onClick={() => {
                onClose()
                desk.choose(session_id)
              }}
            >
              <span class="row-head">
                <bdi class="name">{nameStore({ name: store_name }, store_id)}</bdi>
                <span class="when">{showBriefly(created_at)}</span>
              </span>
              <bdi class="snippet">{content || translate('attachment')}</bdi>
              {!is_read && <span class="unseen">{translate('notifications.unread')}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
