import { useEffect, useMemo, useRef } from 'preact/hooks'
import { translate, translateWith } from '../languages/translate.js'
import { Announcer } from '../shared/announcer.js'
import { ConnectionBadge } from '../shared/connection-badge.js'
import { watchLooking } from '../browser/looking.js'
import { ConversationView } from './conversation-view.js'
import { openDesk } from './state/desk.js'
import { NoticeBell } from './notice-bell.js'
import { followAddress } from './follow-address.js'
import { CannedDialog } from './canned/canned-button.js'
import { ShortcutsDialog, useShortcuts } from './shortcuts.js'
import { Sidebar } from './lists/sidebar.js'
import { KnownTags } from './lists/tag-chips.js'
import { Lazy } from '../shared/lazy.js'
import type { ReportsProps } from './reports/reports.js'
import { SignOut } from '../shared/sign-out.js'
import { ToastList } from './toast-list.js'

const isLooking = watchLooking()

interface ConsoleProps {
  token: string
  onLeave: (reason?: string) => void
}

/** The console of an admin: the session lists on one side, the chosen conversation on the other. */
export function Console({ token, onLeave }: ConsoleProps) {
  const desk = useMemo(() => openDesk(token, isLooking), [token])
  const help = useRef<HTMLDialogElement>(null)
  useEffect(() => () => desk.close(), [desk])
  useShortcuts(desk, help)
  useEffect(() => followAddress(desk), [desk])
  const isRevoked = desk.connection.value === 'revoked'
  useEffect(() => {
    if (isRevoked) onLeave(translate('console.invalidToken'))
  }, [isRevoked])

  const id = desk.chosen.value?.id
  const isAtReports = desk.isAtReports.value
  return (
    <div class={`console ${id === undefined && !isAtReports ? 'at-list' : 'at-conversation'}`}>
      <header class="bar">
        <h1>{translate('console.title')}</h1>
        <ConnectionBadge connection={desk.connection} />
        {desk.book.isSupervisor.value && (
          <button
            type="button"
            class="quiet"
            aria-pressed={isAtReports}
            data-act="reports"
            onClick={() => (desk.isAtReports.value = !isAtReports)}
          >
            {translate('reports.title')}
          </button>
        )}
        <CannedDialog desk={desk} />
        <NoticeBell desk={desk} />
        <button
          type="button"
          class="quiet help"
          aria-label={translate('keyboard.label')}
          onClick={() => help.current?.showModal()}
        >
          ?
        </button>
        <SignOut wouldLose={desk.wouldLose} onLeave={() => onLeave()} />
      </header>
      <Sidebar desk={desk} />
      <main class="room" aria-label={translate('console.conversation')}>
        {isAtReports ? (
          <Lazy<ReportsProps> name="reports" props={{ desk }} />
        ) : desk.chosen.value ? (
          <ConversationView key={id} desk={desk} conversation={desk.chosen.value} />
        ) : (
          <NothingChosen />
        )}
      </main>
      <KnownTags tags={desk.book.counts.latest.value?.tags ?? []} />
      <ShortcutsDialog dialog={help} />
      <ToastList toasts={desk.toasts} />
      <Announcer />
    </div>
  )
}

const NothingChosen = () => (
  <div class="empty">
    <h2>{translate('console.nothingChosen')}</h2>
    <p class="muted">{translateWith('console.choose', { key: <kbd>?</kbd> })}</p>
  </div>
)
