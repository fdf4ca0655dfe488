import cors from '@fastify/cors'
import plugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** The headers by which a page of this origin may read an answer that no hook comes to. */
    allowReading(origin: string | undefined): Record<string, string>
  }
}

/** The longest time for which Chromium caches a preflight. */
const PREFLIGHT_MAX_AGE_S = 7200
const exposedHeaders = ['Retry-After', 'X-Request-Id']

/**
 * Allows pages of the given origins to call the API; `*` means any. Preflights are answered for every path. Registered
 * before the plugins that refuse requests: a page can read a refusal only with these headers.
 */
export const corsPlugin = plugin<{ origins: string[] }>(
  async (app, { origins }) => {
    const isAny = origins.includes('*')
    app.decorate('allowReading', (origin): Record<string, string> => {
      if (origins.length === 0) return {}
      const exposing = { 'access-control-expose-headers': exposedHeaders.join(', ') }
      if (isAny) return { ...exposing, 'access-control-allow-origin': '*' }
      const isAllowed = origin !== undefined && origins.includes(origin)
      return { ...exposing, vary: 'Origin', ...(isAllowed && { 'access-control-allow-origin': origin }) }
    })
    if (origins.length === 0) return
    await app.register(cors, {
      origin: isAny ? '*' : origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      // Without `allowedHeaders` those that a preflight asks for are allowed; a `*` would leave out `Authorization`.
      exposedHeaders,
      maxAge: PREFLIGHT_MAX_AGE_S,
      strictPreflight: false,
    })
  },
  { name: 'cors-policy' },
)
