import { signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import type { PlainKey } from '../languages/catalogue.js'
import { translate } from '../languages/translate.js'
import { Dialog } from '../shared/dialog.js'
import { isComposing, shortcutOf } from '../browser/keys.js'
import { nameInStorage } from '../browser/service.js'
import type { Desk } from './state/desk.js'

const KEPT = nameInStorage('console.shortcuts')
const readKept = () => {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}
/** Single keys get in the way of speech input, so that they can be turned off. */
const areOn = signal(readKept())

const shortcuts: [keys: string[], what: PlainKey][] = [
  [['?'], 'keyboard.help'],
  [['W'], 'keyboard.waiting'],
  [['M'], 'keyboard.own'],
  [['↑', '↓'], 'keyboard.rows'],
  [['Enter'], 'keyboard.enter'],
  [['Shift', 'Enter'], 'keyboard.line'],
  [['C'], 'keyboard.claim'],
  [['R'], 'keyboard.write'],
  [['T'], 'keyboard.transfer'],
  [['X'], 'keyboard.close'],
  [['N'], 'keyboard.notifications'],
  [['Esc'], 'keyboard.escape'],
]

const press = (selector: string) => document.querySelector<HTMLElement>(selector)?.click()
const focusOn = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus()

function focusList(desk: Desk, list: 'own' | 'waiting'): void {
  desk.list.value = list
  requestAnimationFrame(() => focusOn('.window [tabindex="0"]'))
}

const acts = (desk: Desk, help: RefObject<HTMLDialogElement | null>): Record<string, () => void> => ({
  '?': () => help.current?.showModal(),
  w: () => focusList(desk, 'waiting'),
  m: () => focusList(desk, 'own'),
  c: () => press('.claim .primary'),
  r: () => focusOn('[data-composer]'),
  t: () => press('[data-act=transfer]'),
  x: () => press('[data-act=close]'),
  n: () => press('[data-act=notifications]'),
  Escape: () => desk.choose(undefined),
})

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, textarea, dialog, .notices') !== null

/** Keys for what is done most. They do nothing where somebody writes. */
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
      // It holds until the page is left.
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
