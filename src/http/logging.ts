import type { FastifyRequest } from 'fastify'
import { describeError } from '../errors/describe-error.js'
import { createSecretHider } from '../errors/hide-secrets.js'
import { createLogCounts, createRepeatLimit, type LogCounts } from '../errors/limit-repeats.js'
import type { Account } from '../protocol/account.js'

/**
 * Logs are JSON lines. Requests are logged with method, path, address and account, without headers, query and body. Errors
 * are logged by `describeError`: other properties that libraries attach may contain a password, a URL with one, or a chat
 * message. Tokens and `secrets` are replaced in every line: a client may write one into a path or a request id.
 */
export function createLoggerOptions(
  level: string,
  { counts = createLogCounts(), secrets = [] }: { counts?: LogCounts; secrets?: readonly string[] } = {},
) {
  const hideSecrets = createSecretHider(secrets)
  return {
    level,
    // Warnings and errors of Fastify and its plugins quote whole URLs.
    hooks: { streamWrite: (line: string) => hideSecrets(cutQueries(line)), logMethod: createRepeatLimit(counts) },
    serializers: {
      req: ({ method, url, ip, account }: FastifyRequest) => ({
        method,
        path: hideFileId(url.split(QUERY, 1)[0] ?? ''),
        ip,
        ...describeAccount(account),
      }),
      err: describeError,
    },
  }
}

/** What begins a query, also where a client has encoded it or puts another character in its place. */
const QUERY = /[?;]|%3f/i

/** Whoever knows the id of a file may read it. */
const hideFileId = (path: string) => path.replace(/(\/files\/)[^/]+/, '$1…')

/**
 * A query may contain a token. Replaced word by word: one pattern for the whole text takes time quadratic in the path's
 * length.
 */
const cutQueries = (line: string) => (line.includes('?') ? line.replaceAll(/[^\s"\\]+/g, cutQuery) : line)

function cutQuery(word: string): string {
  const slash = word.indexOf('/')
  const query = slash === -1 ? -1 : word.indexOf('?', slash)
  return query === -1 ? word : word.slice(0, query)
}

/** The account of a request; undefined before authentication. */
function describeAccount(account: Account | undefined) {
  return account && { [account.side]: account.id }
}
