import { translate } from '../languages/translate.js'
import type { Toasts } from './state/toasts.js'

export function ToastList({ toasts }: { toasts: Toasts }) {
  return (
    <div class="toasts" role="alert">
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
