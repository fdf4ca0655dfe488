/**
 * Reduces an error of ioredis to what may be reported: its class, code and message. The error itself contains the command
 * that failed, with passwords (AUTH, HELLO) or events (PUBLISH) among its arguments. Some messages of Redis repeat them,
 * too.
 */
export function describeRedisError(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  const described = new Error(`${error.name}: ${cutArguments(error.message || String(code))}`)
  // The stack of a connection error has no useful frames.
  described.stack = described.message
  return Object.assign(described, code !== undefined && { code })
}

const cutArguments = (message: string) => message.replace(/,? with args beginning with.*/s, '')
