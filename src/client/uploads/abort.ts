import { ChatError } from '../transport/chat-error.js'

export const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true
export const aborted = (): ChatError => new ChatError(0, 'The upload was ended', 'aborted')

/** Rejects as soon as the signal is aborted. The work behind the promise is not ended by that. @throws ChatError `aborted` */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(aborted())
    if (isAborted(signal)) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
