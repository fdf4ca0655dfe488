import type { FileStorage } from './storage.js'

/** A storage whose errors do not contain the id of the file: they are logged, and whoever knows the id may read the file. */
export function hideIds(storage: FileStorage): FileStorage {
  const hide = async <T>(id: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw error instanceof Error ? withoutId(error, id) : error
    }
  }
  return {
    put: (id, file) => hide(id, () => storage.put(id, file)),
    get: (id, range, download) => hide(id, () => storage.get(id, range, download)),
    delete: (id) => hide(id, () => storage.delete(id)),
  }
}

/** What logs show of an error: see `describeError`. */
function withoutId(error: Error, id: string): Error {
  const { name, message, stack = '', cause } = error
  const { code } = error as NodeJS.ErrnoException
  const hidden = new Error(message.replaceAll(id, '…'), {
    ...(cause instanceof Error && { cause: withoutId(cause, id) }),
  })
  return Object.assign(hidden, { name, stack: stack.replaceAll(id, '…'), ...(code !== undefined && { code }) })
}
