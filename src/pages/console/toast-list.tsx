import type { Toasts } from './state/toasts.js'

export function ToastList({ toasts }: { toasts: Toasts }) {
  return (
    <div class="toasts" role="alert">
      {toasts.shown.value.map(({ id, text }) => (
        <p key={id} class="toast">
          {text}
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => toasts.remove(id)}>
            ✕
          </button>
        </p>
      ))}
    </div>
  )
}
