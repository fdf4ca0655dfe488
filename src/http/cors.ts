import cors from '@fastify/cors'
import plugin from 'fastify-plugin'

/** The longest time for which Chromium caches a preflight. */
const PREFLIGHT_MAX_AGE_S = 7200

/**
 * Allows pages of the given origins to call the API; `*` means any. Preflights are answered for every path. Registered
 * before the plugins that refuse requests: a page can read a refusal only with these headers.
 */
export const corsPlugin = plugin<{ origins: string[] }>(
  async (app, { origins }) => {
    if (origins.length === 0) return
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      // Without `allowedHeaders` those that a preflight asks for are allowed; a `*` would leave out `Authorization`.
      exposedHeaders: ['Retry-After', 'X-Request-Id'],
      maxAge: PREFLIGHT_MAX_AGE_S,
      strictPreflight: false,
    })
  },
  { name: 'cors-policy' },
)
