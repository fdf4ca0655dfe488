/** What is wrong with one field of the input. */
export interface FieldError {
  field: string
  message: string
}

const codes: Record<number, string> = {
  0: 'offline',
  400: 'invalid_input',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported',
  422: 'infected',
  429: 'too_many',
  503: 'unavailable',
}

/** Why something was refused or could not be done. It never holds a token. */
export class ChatError extends Error {
  override readonly name = 'ChatError'

  constructor(
    /** The HTTP status, also for what a socket was told; 0 when there was no answer. */
    readonly status: number,
    /** For people. */
    message: string,
    /** For programs: `offline`, `closed`, `invalid_input`, `unauthorized`, `forbidden`, `not_found`, `conflict`, `too_large`, `unsupported`, `infected`, `too_many`, … */
    readonly code = codes[status] ?? 'error',
    /** With 400 over HTTP: what is wrong where. */
    readonly fields: readonly FieldError[] = [],
    /** Milliseconds until the service takes it again. Known only where it says so, and a page may read it (CORS). */
    readonly retryAfterMs?: number,
  ) {
    super(message)
  }
}

/** The error that an `error` frame tells of. */
export function errorOfFrame({ code, message }: { code: string; message: string }): ChatError {
  const status = Object.keys(codes).find((status) => codes[Number(status)] === code)
  return new ChatError(Number(status ?? 500), message, code)
}
