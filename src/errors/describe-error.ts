import { hideCredentials } from './hide-secrets.js'

export interface ErrorDescription {
  [detail: string]: unknown
  type: string
  message: string
  stack: string
  code?: string | number
  cause?: ErrorDescription
}

/** Causes may be circular. */
const MOST_CAUSES = 5

/**
 * Describes an error and its causes for logs and terminals. Other properties that libraries attach to errors may contain a
 * password, a URL with one, or a chat message: the input of a URL that cannot be parsed, the arguments of a Redis command. In
 * messages, the credentials of URLs are replaced.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: hideCredentials(String(error)), stack: '' }
  const { name, message, stack = '', cause } = error
  const { code } = error as { code?: unknown }
  return {
    type: name,
    message: hideCredentials(message),
    stack: hideCredentials(stack),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause instanceof Error && depth < MOST_CAUSES && { cause: describeError(cause, depth + 1) }),
  }
}

/** The same as text. */
export const printError = (error: unknown): string => print(describeError(error))

function print({ stack, message, cause }: ErrorDescription): string {
  const text = stack === '' ? message : stack
  return cause === undefined ? text : `${text}\nCaused by: ${print(cause)}`
}
