import { useRef } from 'preact/hooks'
import { focusFirst } from '../browser/focus.js'
import { useKeptFocus } from '../browser/keep-focus.js'
import { translate } from '../languages/translate.js'
import type { Toasts } from './state/toasts.js'

export function ToastList({ toasts }: { toasts: Toasts }) {
  const box = useRef<HTMLDivElement>(null)
  /** What had the focus before the toasts got it. */
  const before = useRef<HTMLElement>(null)
  useKeptFocus(box, {
    items: '.toast',
    control: '.quiet',
    otherwise() {
      if (before.current?.isConnected === true) before.current.focus()
      if (document.activeElement === document.body)
        focusFirst('.conversation h2', '.row[tabindex="0"]', '[data-search]')
    },
  })
  return (
    <div
      class="toasts"
      role="alert"
      ref={box}
      onFocusIn={({ relatedTarget, currentTarget }) => {
        const isElsewhere = relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget)
        if (isElsewhere) before.current = relatedTarget
      }}
    >
      {toasts.shown.value.map(({ id, text, onOpen }) => (
        <p key={id} class={onOpen ? 'toast news' : 'toast'}>
          <span dir="auto">{text}</span>
          {onOpen && (
            <button
              type="button"
              class="link"
              onClick={() => {
                toasts.remove(id)
                onOpen()
              }}
            >
              {translate('console.open')}
            </button>
          )}
          <button
            type="button"
            class="quiet"
            aria-label={translate('console.dismiss')}
            onClick={() => toasts.remove(id)}
          >
            ✕
          </button>
        </p>
      ))}
    </div>
  )
}
