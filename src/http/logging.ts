import type { FastifyRequest } from 'fastify'
import { describeError } from '../errors/describe-error.js'
import type { Account } from '../protocol/account.js'

/**
 * Logs are JSON lines. Of a request they hold its method, path, address and account: no header, no query, no body. Of an
 * error they hold what describes it: what else libraries attach may be a password, a URL that holds one, or a message.
 */
export function createLoggerOptions(level: string) {
  return {
    level,
    // Warnings and errors of Fastify and its plugins quote whole URLs.
    hooks: { streamWrite: cutQueries },
    serializers: {
      req: ({ method, url, ip, account }: FastifyRequest) => ({
        method,
        path: hideFileId(url.split('?', 1)[0] ?? ''),
        ip,
        ...describeAccount(account),
      }),
      err: describeError,
    },
  }
}

/** Whoever knows the id of a file may read it. */
const hideFileId = (path: string) => path.replace(/(\/files\/)[^/]+/, '$1…')

/** A query may hold a token. Word by word: one pattern for all of it would take time by the square of a path's length. */
const cutQueries = (line: string) => (line.includes('?') ? line.replaceAll(/[^\s"\\]+/g, cutQuery) : line)

function cutQuery(word: string): string {
  const slash = word.indexOf('/')
  const query = slash === -1 ? -1 : word.indexOf('?', slash)
  return query === -1 ? word : word.slice(0, query)
}

/** Undefined before authentication, whatever the type of a request says. */
function describeAccount(account: Account | undefined) {
  return account && { [account.side]: account.id }
}
