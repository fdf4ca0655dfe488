/**
 * What may be reported of an error of ioredis: its class, code and message. As a whole it holds the command that failed,
 * with passwords (AUTH, HELLO) or events (PUBLISH) among its arguments. Some messages of Redis repeat them, too.
 */
export function describeRedisError(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  const described = new Error(`${error.name}: ${cutArguments(error.message || String(code))}`)
  // Where an error of a connection was made says nothing.
  described.stack = described.message
  return Object.assign(described, code !== undefined && { code })
}

const cutArguments = (message: string) => message.replace(/,? with args beginning with.*/s, '')
