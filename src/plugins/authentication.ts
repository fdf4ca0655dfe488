import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import { openAuthentication, type Account, type Side } from '../accounts/authentication.js'
import { readAuthorization } from '../accounts/tokens.js'
import { forbidden, unauthorized } from '../errors.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** A hook that lets only accounts of a side through; without a side, of either. */
    requireAccount(side?: Side): onRequestAsyncHookHandler
    /** The account of a token; undefined when the token is unknown, expired or revoked. */
    authenticate(token: string): Promise<Account | undefined>
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
    const authentication = await openAuthentication(app.db, app.relay)
    app.decorateRequest('account')
    app.decorate('authenticate', authentication.authenticate)
    app.decorate('isTokenRevoked', authentication.isRevoked)
    app.decorate('requireAccount', (side) => async (request) => {
      request.account = await authenticateRequest(request)
      if (side !== undefined && request.account.side !== side) throw forbidden()
    })
    app.addHook('onClose', () => authentication.close())

    async function authenticateRequest({ headers }: FastifyRequest): Promise<Account> {
      const token = readAuthorization(headers.authorization)
      const account = token === undefined ? undefined : await authentication.authenticate(token)
      if (account === undefined) throw unauthorized()
      return account
    }
  },
  { name: 'authentication', dependencies: ['database', 'relay'] },
)
