import { signal } from '@preact/signals'

export interface Toast {
  id: number
  text: string
}

const SHOWN_MS = 8000
const MOST = 3

/** What went wrong lately. It goes away by itself. */
export function createToasts() {
  const shown = signal<readonly Toast[]>([])
  let count = 0
  const remove = (id: number) => (shown.value = shown.value.filter((toast) => toast.id !== id))
  return {
    shown,
    remove,
    add(text: string): void {
      const id = count++
      shown.value = [...shown.value.filter((toast) => toast.text !== text), { id, text }].slice(-MOST)
      setTimeout(() => remove(id), SHOWN_MS)
    },
  }
}

export type Toasts = ReturnType<typeof createToasts>
