import plugin from 'fastify-plugin'
import createRouter from 'find-my-way'
import { notFound, RequestError } from '../errors/request-error.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether a URL has a route, for whichever method. */
    hasRouteFor(url: string): boolean
  }
}

/**
 * Parts of a path may be as long as the head of a request: their length matters to routes with regular expressions only, and
 * there is none. A long id is refused like any other that is wrong.
 */
export const routerOptions = { ignoreTrailingSlash: true, maxParamLength: Number.MAX_SAFE_INTEGER }

/**
 * Refuses requests without a route before anything else, even before the token is checked: 405 with `Allow` where the path
 * has routes for other methods, otherwise 404. Registered before the routes.
 * @param options.everywhere methods that every path has
 */
export const unknownRoutesPlugin = plugin<{ everywhere: string[] }>(
  async (app, { everywhere }) => {
    const methodsOf = new Map<string, Set<string>>()
    const paths = createRouter(routerOptions)

    app.decorate('hasRouteFor', (url) => paths.find('GET', url) !== null)
    app.addHook('onRoute', ({ url, method }) => {
      // Preflights are answered for every path.
      if (url === '*') return
      const path = url.replace(/(.)\/$/, '$1')
      const methods = methodsOf.get(path) ?? new Set()
      if (!methodsOf.has(path)) paths.on('GET', path, () => undefined, methods)
      methodsOf.set(path, methods)
      for (const each of [method].flat()) methods.add(each)
    })

    app.addHook('onRequest', ({ is404, url }, reply, done) => {
      if (!is404) return done()
      const methods = paths.find('GET', url)?.store as Set<string> | undefined
      if (methods === undefined) return done(notFound())
      reply.header('allow', [...methods, ...everywhere].sort().join(', '))
      done(new RequestError(405, 'Method not allowed'))
    })
  },
  { name: 'unknown-routes' },
)
