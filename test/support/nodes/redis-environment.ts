import { randomBytes } from 'node:crypto'

/** The settings of nodes that are connected by a Redis, with a prefix of their own. */
export function createRedisEnvironment(url: string): Record<string, string> {
  return { REDIS_URL: url, REDIS_PREFIX: `test-${randomBytes(6).toString('hex')}` }
}
