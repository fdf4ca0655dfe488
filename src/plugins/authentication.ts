import type { onRequestAsyncHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import { openAuthentication } from '../accounts/authentication.js'
import { openCredentials, type Credentials } from '../accounts/credentials.js'
import { readAuthorization } from '../accounts/tokens.js'
import { forbidden } from '../errors/request-error.js'
import { createJwtCounts, type JwtCounts } from '../jwt/jwt-counts.js'
import type { Client } from '../limits/limits.js'
import type { JwtSettings } from '../jwt/jwt-settings.js'
import { openJwtVerifier } from '../jwt/verify-jwt.js'
import type { Account, Side } from '../protocol/account.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Creates a hook that admits only accounts of a side; without a side, of both. */
    requireAccount(side?: Side): onRequestAsyncHookHandler
    /**
     * Authenticates one request by its token and its client.
     * @throws RequestError 401 when the token is missing or not valid · 429 when there are too many such
     * failures from the address, or too many requests of the account
     */
    authenticate(token: string | undefined, client: Client): Promise<Account>
    /** Tells which accounts' credentials have ended. */
    credentials: Credentials
    /** All zero where there are no JWTs. */
    jwtCounts: JwtCounts
  }
  interface FastifyRequest {
    /** Set behind `requireAccount`. */
    account: Account
  }
}

export const authenticationPlugin = plugin<{ jwt: JwtSettings | undefined }>(
  async (app, { jwt: settings }) => {
    const { limits } = app
    const credentials = await openCredentials(app.db, app.pubsub)
    const jwtCounts = createJwtCounts()
    const jwt = settings && (await openJwtVerifier(settings, jwtCounts, reportError))
    const authentication = openAuthentication(app.db, credentials, jwt)
    app.decorateRequest('account')
    app.decorate('authenticate', authenticate)
    app.decorate('credentials', credentials)
    app.decorate('jwtCounts', jwtCounts)
    app.decorate('requireAccount', (side) => async (request) => {
      request.account = await authenticate(readAuthorization(request.headers.authorization), request)
      if (side !== undefined && request.account.side !== side) throw forbidden()
    })
    app.addHook('onClose', () => {
      jwt?.close()
      return authentication.close()
    })

    function reportError(error: unknown): void {
      app.log.warn({ err: error }, 'the key set of JWTs could not be read')
    }

    async function authenticate(token: string | undefined, client: Client): Promise<Account> {
      const account = token === undefined ? undefined : await lookUp(token, client)
      if (account === undefined) throw limits.failAuthentication(client)
      limits.takeRequest(account)
      return account
    }

    /**
     * From an address that failed too often, only known tokens are checked: they may belong to another client behind it.
     */
    async function lookUp(token: string, client: Client): Promise<Account | undefined> {
      if (limits.isBlocked(client) && !authentication.isKnown(token)) return undefined
      return authentication.authenticate(token)
    }
  },
  { name: 'authentication', dependencies: ['database', 'pubsub', 'limits'] },
)
