import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { BellIcon } from '../shared/icons.js'
import { showBriefly } from '../shared/times.js'
import type { Desk } from './state/desk.js'
import { nameStore } from './state/name-store.js'
import { showCount } from './state/notices.js'

/** The unread notifications, their number always in sight. */
export function NoticeBell({ desk }: { desk: Desk }) {
  const { count } = desk.notices
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
        aria-label={`Notifications, ${showCount(count.value)} unread`}
        data-act="notifications"
        onClick={toggle}
      >
        <BellIcon />
        {count.value > 0 && <span class="badge">{count.value > 99 ? '99+' : count.value}</span>}
      </button>
      {isOpen.value && <NoticePanel desk={desk} onClose={close} />}
    </div>
  )
}

function NoticePanel({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const { notices } = desk
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    panel.current?.focus()
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
      aria-label="Notifications"
      tabIndex={-1}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose()
      }}
    >
      <header>
        <h2>Notifications</h2>
        <button type="button" class="quiet" onClick={() => void notices.readAll()}>
          Mark all read
        </button>
      </header>
      {notices.permission.value === 'default' && (
        <button
          type="button"
          onClick={() => {
            // The button goes away with the answer; the focus stays here.
            panel.current?.focus()
            void notices.ask()
          }}
        >
          Notify me also when I look elsewhere
        </button>
      )}
      {notices.listed.value.length === 0 && <p class="empty muted">Nothing yet</p>}
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
              <bdi class="snippet">{content || 'An attachment'}</bdi>
              {!is_read && <span class="unseen">unread</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
