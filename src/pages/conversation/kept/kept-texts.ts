import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { AccountStorage } from '../../browser/account-storage.js'
import { nameInStorage } from '../../browser/service.js'
import { chooseId } from '../timeline.js'

/**
 * Texts that are kept in the browser's storage, by name. Each tab keeps its own, so that tabs neither overwrite nor remove
 * each other's. A tab without a text of its own shows the newest of the other tabs, which may be closed: it takes that over
 * once the user changes it.
 */
export interface KeptTexts {
  of(name: string): Signal<string>
  /** Fills the fields that are still empty. */
  restore(opened: AccountStorage): void
  close(): void
}

interface Kept {
  name: string
  value: string
}

export function createKeptTexts(storage: ReadonlySignal<AccountStorage | undefined>): KeptTexts {
  const texts = new Map<string, Signal<string>>()
  /** What this tab has last read or written of each text. */
  const known = new Map<string, Kept>()
  const ends: (() => void)[] = []
  const tab = readTabId()
  const nameOwn = (name: string) => `${name}.${tab}`

  function find(opened: AccountStorage, name: string): Kept | undefined {
    // Earlier versions of the page had one text for all tabs.
    const all = opened.list(name).filter((kept) => kept.name === name || kept.name.startsWith(`${name}.`))
    const found = all.find((kept) => kept.name === nameOwn(name)) ?? all.at(-1)
    return typeof found?.value === 'string' ? { name: found.name, value: found.value } : undefined
  }

  function fill(opened: AccountStorage, name: string, text: Signal<string>): void {
    const found = text.peek() === '' ? find(opened, name) : undefined
    if (found === undefined) return
    known.set(name, found)
    text.value = found.value
  }

  function keep(opened: AccountStorage, name: string, value: string): void {
    const before = known.get(name)
    if (value === (before?.value ?? '')) return
    const own = nameOwn(name)
    if (value === '') known.delete(name)
    else {
      opened.write(own, value)
      known.set(name, { name: own, value })
    }
    if (before === undefined || (value !== '' && before.name === own)) return
    // Another tab may have changed it meanwhile.
    if (opened.read(before.name) === before.value) opened.write(before.name, undefined)
  }

  return {
    of(name) {
      const found = texts.get(name)
      if (found) return found
      const text = signal('')
      texts.set(name, text)
      const opened = storage.peek()
      if (opened) fill(opened, name, text)
      ends.push(
        effect(() => {
          if (storage.value) keep(storage.value, name, text.value)
        }),
      )
      return text
    },
    restore: (opened) => texts.forEach((text, name) => fill(opened, name, text)),
    close: () => ends.forEach((end) => end()),
  }
}

/** The id of this tab, the same after a reload. Without storage it lasts as long as the page. */
function readTabId(): string {
  const key = nameInStorage('tab')
  try {
    const id = sessionStorage.getItem(key) ?? chooseId()
    sessionStorage.setItem(key, id)
    return id
  } catch {
    return chooseId()
  }
}
