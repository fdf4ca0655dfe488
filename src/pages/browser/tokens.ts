import { nameInStorage } from './service.js'

/** Stores the token of a page: for this tab, or for this browser if the user wants to stay signed in. */
export interface TokenBox {
  read(): string | undefined
  keep(token: string, isRemembered: boolean): void
  forget(): void
}

const names = ['sessionStorage', 'localStorage'] as const

/** If the browser forbids storage, the token lasts as long as the page. */
export function openTokenBox(page: string): TokenBox {
  const key = nameInStorage(`${page}.token`)
  const use = <T>(name: (typeof names)[number], act: (storage: Storage) => T): T | undefined => {
    try {
      return act(window[name])
    } catch {
      return undefined
    }
  }
  const forget = () => names.forEach((name) => use(name, (storage) => storage.removeItem(key)))
  return {
    read: () =>
      names.map((name) => use(name, (storage) => storage.getItem(key))).find((token) => token != null) ?? undefined,
    keep(token, isRemembered) {
      forget()
      use(isRemembered ? 'localStorage' : 'sessionStorage', (storage) => storage.setItem(key, token))
    },
    forget,
  }
}
