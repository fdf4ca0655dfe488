/** Where a page keeps its token: for this tab only, or for this browser where the person wants to be remembered. */
export interface TokenBox {
  read(): string | undefined
  keep(token: string, isRemembered: boolean): void
  forget(): void
}

/** A browser may forbid both storages; then the token lives as long as the page does. */
export function openTokenBox(page: string): TokenBox {
  const key = `store-chat.${page}.token`
  const each = <T>(use: (storage: Storage) => T): T[] =>
    (['sessionStorage', 'localStorage'] as const).flatMap((name) => {
      try {
        return use(window[name])
      } catch {
        return []
      }
    })
  const forget = () => void each((storage) => storage.removeItem(key))
  return {
    read: () => each((storage) => storage.getItem(key)).find((token) => token !== null) ?? undefined,
    keep(token, isRemembered) {
      forget()
      const chosen = isRemembered ? localStorage : sessionStorage
      each((storage) => {
        if (storage === chosen) storage.setItem(key, token)
      })
    },
    forget,
  }
}
