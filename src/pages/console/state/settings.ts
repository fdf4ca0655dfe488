import { effect, signal } from '@preact/signals'
import { nameInStorage } from '../../browser/service.js'
import { listNames, readFilter, type FilterName, type ListFilter, type ListName } from './lists/list-filter.js'

/** Whether there is room for the store beside its conversation. Elsewhere it lies over it, and is opened for the moment. */
const room = matchMedia('(min-width: 1100px)')
const isWide = () => room.matches

/** What a desk remembers of an admin in this browser. */
export type DeskSettings = ReturnType<typeof createSettings>

export function createSettings() {
  const list = signal<ListName>('waiting')
  const filters = signal<Partial<Record<FilterName, ListFilter>>>({})
  const hasSound = signal(false)
  const isAsideOpen = signal(isWide())
  let wasAsideOpen = true
  const followRoom = () => (isAsideOpen.value = isWide() && wasAsideOpen)
  room.addEventListener('change', followRoom)
  const ends: (() => void)[] = [() => room.removeEventListener('change', followRoom)]

  function restore(kept: Record<string, unknown>): void {
    list.value = listNames.find((name) => name === kept['list']) ?? list.value
    const named = (kept['filters'] ?? {}) as Record<string, unknown>
    const names: FilterName[] = [...listNames, 'search']
    filters.value = Object.fromEntries(names.map((name) => [name, readFilter(named[name])]))
    hasSound.value = kept['hasSound'] === true
    wasAsideOpen = kept['isAsideOpen'] !== false
    followRoom()
  }

  return {
    list,
    filters,
    hasSound,
    isAsideOpen,
    /** Takes away what lies over a conversation. */
    closeOverlay(): void {
      if (!isWide()) isAsideOpen.value = false
    },
    /** Puts back what this admin has left, and keeps what changes from now on. */
    open(adminId: number): void {
      const key = nameInStorage(`console.settings.${adminId}`)
      try {
        restore(JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>)
      } catch {
        // Something else was written there, or this browser keeps nothing.
      }
      let written: string | undefined
      ends.push(
        effect(() => {
          if (isWide()) wasAsideOpen = isAsideOpen.value
          const kept = JSON.stringify({
            list: list.value,
            filters: filters.value,
            hasSound: hasSound.value,
            isAsideOpen: wasAsideOpen,
          })
          // What nobody has changed is not kept.
          const isChanged = written !== undefined && written !== kept
          written = kept
          try {
            if (isChanged) localStorage.setItem(key, kept)
          } catch {
            // It holds until the page is left.
          }
        }),
      )
    },
    close: () => ends.forEach((end) => end()),
  }
}
