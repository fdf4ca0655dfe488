import { nameInStorage } from './service.js'

/** Where a page keeps its token: for this tab only, or for this browser where the person wants to be remembered. */
export interface TokenBox {
  read(): string | undefined
  keep(token: string, isRemembered: boolean): void
  forget(): void
}

const names = ['sessionStorage', 'localStorage'] as const

/** A browser may forbid its storages; then the token lives as long as the page does. */
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
