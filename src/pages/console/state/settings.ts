import { effect, signal } from '@preact/signals'
import { nameInStorage } from '../../browser/service.js'
import { listNames, readFilter, type FilterName, type ListFilter, type ListName } from './lists/list-filter.js'

/** On wide screens the store's details are beside the conversation. On others they cover it while they are open. */
const room = matchMedia('(min-width: 1100px)')
const isWide = () => room.matches

/** The settings of an admin in this browser. */
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
    /** Closes the details if they cover the conversation. */
    closeOverlay(): void {
      if (!isWide()) isAsideOpen.value = false
    },
    /** Restores the stored settings of an admin, and stores changes from now on. */
    open(adminId: number): void {
      const key = nameInStorage(`console.settings.${adminId}`)
      try {
        restore(JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>)
      } catch {
        // The stored value is invalid, or the browser has no storage.
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
          // Defaults are not stored until the admin changes something.
          const isChanged = written !== undefined && written !== kept
          written = kept
          try {
            if (isChanged) localStorage.setItem(key, kept)
          } catch {
            // Without storage the settings last until the page is left.
          }
        }),
      )
    },
    close: () => ends.forEach((end) => end()),
  }
}
