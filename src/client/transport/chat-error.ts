import { errorCodes } from '../../protocol/codes.js'

/** What is wrong with one field of the input. */
export interface FieldError {
  field: string
  message: string
}

/** Without a frame: there was no answer, the message is too large for one, or a file is refused. */
const codes: Record<number, string> = {
  ...errorCodes,
  0: 'offline',
  413: 'too_large',
  415: 'unsupported',
  422: 'infected',
}

/** Why the service refused something, or why it could not be done. It never holds a token. */
export class ChatError extends Error {
  override readonly name = 'ChatError'

  constructor(
    /** The HTTP status, also for an error that came over the socket; 0 when there was no answer. */
    readonly status: number,
    /** For people. */
    message: string,
    /**
     * For programs: `offline`, `closed`, `no_token`, `invalid_input`, `unauthorized`, `forbidden`, `not_found`, `conflict`,
     * `too_large`, `unsupported`, `infected`, `too_many`, …
     */
    readonly code = codes[status] ?? 'error',
    /** With 400 over HTTP: what is wrong where. */
    readonly fields: readonly FieldError[] = [],
    /** Milliseconds until the service takes it again. Known only where the service says so and CORS lets a page read it. */
    readonly retryAfterMs?: number,
    /** The error of the application, or of the library, that is behind it. */
    cause?: unknown,
  ) {
    super(message)
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause })
  }
}

/** The error that an `error` frame reports. */
export function errorOfFrame({ code, message }: { code: string; message: string }): ChatError {
  const status = Object.keys(codes).find((status) => codes[Number(status)] === code)
  return new ChatError(Number(status ?? 500), message, code)
}

/** What a program has given to a call cannot be sent. */
export const wrongInput = (cause: unknown): ChatError =>
  new ChatError(400, 'The input cannot be sent', undefined, [], undefined, cause)

/** A frame or an answer of the service that could not be handled. */
export const brokenAnswer = (cause: unknown): ChatError =>
  new ChatError(0, 'The service sent what cannot be read', 'error', [], undefined, cause)
