import { signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import type { PlainKey } from '../languages/catalogue.js'
import { translate } from '../languages/translate.js'
import { Dialog } from '../shared/dialog.js'
import { focusFirst, focusRendered } from '../browser/focus.js'
import { isComposing, shortcutOf } from '../browser/keys.js'
import { nameInStorage } from '../browser/service.js'
import type { Desk } from './state/desk.js'
import type { ListName } from './state/lists/list-filter.js'

const URGENT = 3
const KEPT = nameInStorage('console.shortcuts')
const readKept = () => {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}
/** Speech input can trigger single-key shortcuts by accident, so users can turn them off. */
const areOn = signal(readKept())

const shortcuts: [keys: string[], what: PlainKey][] = [
  [['?'], 'keyboard.help'],
  [['/'], 'keyboard.search'],
  [['W'], 'keyboard.waiting'],
  [['M'], 'keyboard.own'],
  [['E'], 'keyboard.closed'],
  [['A'], 'keyboard.all'],
  [['F'], 'keyboard.filter'],
  [['S'], 'keyboard.select'],
  [['↑', '↓'], 'keyboard.rows'],
  [['Enter'], 'keyboard.enter'],
  [['Shift', 'Enter'], 'keyboard.line'],
  [['/…'], 'keyboard.canned'],
  [['C'], 'keyboard.claim'],
  [['R'], 'keyboard.write'],
  [['I'], 'keyboard.note'],
  [['U'], 'keyboard.urgent'],
  [['G'], 'keyboard.tags'],
  [['D'], 'keyboard.details'],
  [['T'], 'keyboard.transfer'],
  [['X'], 'keyboard.close'],
  [['N'], 'keyboard.notifications'],
  [['Esc'], 'keyboard.escape'],
]

const press = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()

function focusList(desk: Desk, list: ListName): void {
  if (list === 'all' && !desk.book.isSupervisor.value) return
  desk.query.value = ''
  desk.list.value = list
  focusRendered('.row[tabindex="0"]')
}

/** Selects or deselects the focused row; without one, turns the selection on or off. */
function pick(desk: Desk): void {
  const id = Number((document.activeElement as HTMLElement | null)?.dataset['sessionId'])
  if (id > 0) desk.selection.toggle(id)
  else desk.selection.turn(!desk.selection.isOn.value)
}

function turnUrgent({ chosen, editDetails }: Desk): void {
  if (chosen.value === undefined) return
  void editDetails(chosen.value, ({ priority }) => ({ priority: priority === URGENT ? 0 : URGENT }))
}

function focusTags(desk: Desk): void {
  desk.settings.isAsideOpen.value = true
  focusRendered('.details [data-tag]')
}

const acts = (desk: Desk, help: RefObject<HTMLDialogElement | null>): Record<string, () => void> => ({
  '?': () => help.current?.showModal(),
  w: () => focusList(desk, 'waiting'),
  m: () => focusList(desk, 'own'),
  e: () => focusList(desk, 'closed'),
  a: () => focusList(desk, 'all'),
  '/': () => focusFirst('[data-search]'),
  f: () => press('[data-act=filter]'),
  s: () => pick(desk),
  i: () => press('[data-write=note]'),
  u: () => turnUrgent(desk),
  g: () => focusTags(desk),
  d: () => press('[data-act=details]'),
  c: () => press('.claim .primary'),
  r: () => press('[data-write=message]'),
  t: () => press('[data-act=transfer]'),
  x: () => press('[data-act=close]'),
  n: () => press('[data-act=notifications]'),
  Escape: () => leave(desk),
})

function leave(desk: Desk): void {
  if (desk.selection.isOn.value) desk.selection.turn(false)
  else if (desk.isAtReports.value) desk.isAtReports.value = false
  else desk.choose(undefined)
}

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, textarea, select, dialog, .notices') !== null

/** Single-key shortcuts for frequent actions. They are ignored in form fields, dialogs and the notifications. */
export function useShortcuts(desk: Desk, help: RefObject<HTMLDialogElement | null>): void {
  useEffect(() => {
    const known = acts(desk, help)
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return
      if (isComposing(event)) return
      const act = known[shortcutOf(event)]
      if (act === undefined || (event.key.length === 1 && !areOn.value) || document.querySelector('dialog[open]'))
        return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [desk])
}

export function ShortcutsDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const turn = (isOn: boolean) => {
    areOn.value = isOn
    try {
      localStorage.setItem(KEPT, isOn ? 'on' : 'off')
    } catch {
      // Without storage the setting lasts until the page is left.
    }
  }
  return (
    <Dialog dialog={dialog} title={translate('keyboard.title')}>
      <dl class="shortcuts">
        {shortcuts.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{translate(what)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={areOn.value} onChange={({ currentTarget }) => turn(currentTarget.checked)} />
        {translate('keyboard.singleKeys')}
      </label>
      <div class="actions">
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          {translate('keyboard.done')}
        </button>
      </div>
    </Dialog>
  )
}
