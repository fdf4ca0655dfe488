import type { onRequestAsyncHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import { openAuthentication } from '../accounts/authentication.js'
import { readAuthorization } from '../accounts/tokens.js'
import { forbidden } from '../errors/request-error.js'
import type { Account, Side } from '../protocol/account.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** A hook that lets only accounts of a side through; without a side, of either. */
    requireAccount(side?: Side): onRequestAsyncHookHandler
    /**
     * The account of a token that came from an address, for one request.
     * @throws RequestError 401 when the token is missing, unknown, expired or revoked · 429 when there are too many such
     * failures from the address, or too many requests of the account
     */
    authenticate(token: string | undefined, address: string): Promise<Account>
    /** Whether a token was revoked, as of less than a second ago. */
    isTokenRevoked(tokenId: number): Promise<boolean>
  }
  interface FastifyRequest {
    /** Set behind `requireAccount`. */
    account: Account
  }
}

export const authenticationPlugin = plugin(
  async (app) => {
    const { limits } = app
    const authentication = await openAuthentication(app.db, app.pubsub)
    app.decorateRequest('account')
    app.decorate('authenticate', authenticate)
    app.decorate('isTokenRevoked', authentication.isRevoked)
    app.decorate('requireAccount', (side) => async (request) => {
      request.account = await authenticate(readAuthorization(request.headers.authorization), request.ip)
      if (side !== undefined && request.account.side !== side) throw forbidden()
    })
    app.addHook('onClose', () => authentication.close())

    async function authenticate(token: string | undefined, address: string): Promise<Account> {
      const account = token === undefined ? undefined : await lookUp(token, address)
      if (account === undefined) throw limits.failAuthentication(address)
      limits.takeRequest(account)
      return account
    }

    /** An address that failed too often has no unknown token looked up. A known one may be of its neighbour. */
    async function lookUp(token: string, address: string): Promise<Account | undefined> {
      if (limits.isBlocked(address) && !authentication.isKnown(token)) return undefined
      return authentication.authenticate(token)
    }
  },
  { name: 'authentication', dependencies: ['database', 'pubsub', 'limits'] },
)
