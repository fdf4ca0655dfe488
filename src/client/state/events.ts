/** Calls listeners by the name of what happens. */
export interface Events<Map> {
  /** Returns what takes the listener away again. */
  on<Name extends keyof Map>(name: Name, listener: (event: Map[Name]) => void): () => void
  emit<Name extends keyof Map>(name: Name, event: Map[Name]): void
}

/** A listener that throws harms no other: what it threw is reported as uncaught. */
export function createEvents<Map>(): Events<Map> {
  const listeners: { [Name in keyof Map]?: Set<(event: Map[Name]) => void> } = {}
  return {
    on(name, listener) {
      const named = (listeners[name] ??= new Set())
      named.add(listener)
      return () => named.delete(listener)
    },
    emit(name, event) {
      for (const listener of [...(listeners[name] ?? [])]) {
        try {
          listener(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
