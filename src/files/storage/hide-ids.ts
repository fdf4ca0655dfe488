import type { FileStorage } from './storage.js'

/**
 * Wraps a storage so that its errors do not contain the id of the file. Errors are logged, and whoever knows the id may
 * read the file.
 */
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

/** Copies the properties of an error that `describeError` logs, without the id. */
function withoutId(error: Error, id: string): Error {
  const { name, message, stack = '', cause } = error
  const { code } = error as NodeJS.ErrnoException
  const hidden = new Error(message.replaceAll(id, '…'), {
    ...(cause instanceof Error && { cause: withoutId(cause, id) }),
  })
  return Object.assign(hidden, { name, stack: stack.replaceAll(id, '…'), ...(code !== undefined && { code }) })
}
