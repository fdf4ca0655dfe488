import { signal } from '@preact/signals'

export interface Toast {
  id: number
  text: string
  /** Called by the toast's button. */
  onOpen?: () => void
}

const SHOWN_MS = 8000
const MOST = 3

/** Short messages about failures and events. They disappear after a few seconds. */
export function createToasts() {
  const shown = signal<readonly Toast[]>([])
  let count = 0
  const remove = (id: number) => (shown.value = shown.value.filter((toast) => toast.id !== id))
  return {
    shown,
    remove,
    add(text: string, onOpen?: () => void): void {
      const id = count++
      const toast = { id, text, ...(onOpen && { onOpen }) }
      shown.value = [...shown.value.filter((toast) => toast.text !== text), toast].slice(-MOST)
      setTimeout(() => remove(id), SHOWN_MS)
    },
  }
}

export type Toasts = ReturnType<typeof createToasts>
