import cors from '@fastify/cors'
import plugin from 'fastify-plugin'

/** The longest that Chromium keeps a preflight's answer. */
const PREFLIGHT_MAX_AGE_S = 7200

/**
 * Lets pages of the given origins call the API; `*` is any. Their preflights are answered for every path. Registered
 * before what refuses requests: a page can only read a refusal that carries these headers.
 */
export const corsPlugin = plugin<{ origins: string[] }>(
  async (app, { origins }) => {
    if (origins.length === 0) return
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : origins,
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      // Without `allowedHeaders` those that a preflight asks for are allowed; a `*` would leave out `Authorization`.
      exposedHeaders: ['Retry-After', 'X-Request-Id'],
      maxAge: PREFLIGHT_MAX_AGE_S,
      strictPreflight: false,
    })
  },
  { name: 'cors-policy' },
)
