import { translate } from '../languages/translate.js'
import type { Toasts } from './state/toasts.js'

export function ToastList({ toasts }: { toasts: Toasts }) {
  return (
    <div class="toasts" role="alert">
      {toasts.shown.value.map(({ id, text }) => (
        <p key={id} class="toast">
          <span dir="auto">{text}</span>
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
