import { randomBytes } from 'node:crypto'

/** Settings of nodes that share a Redis, with a separate prefix. */
export function createRedisEnvironment(url: string): Record<string, string> {
  return { REDIS_URL: url, REDIS_PREFIX: `test-${randomBytes(6).toString('hex')}` }
}
