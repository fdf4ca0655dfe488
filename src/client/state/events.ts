/** Calls the listeners of named events. */
export interface Events<Map> {
  /** Returns a function that removes the listener. */
  on<Name extends keyof Map>(name: Name, listener: (event: Map[Name]) => void): () => void
  emit<Name extends keyof Map>(name: Name, event: Map[Name]): void
}

/** A listener that throws does not keep others from being called: its error is reported as uncaught. */
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
          setTimeout(() => {
            throw error
          })
        }
      }
    },
  }
}
