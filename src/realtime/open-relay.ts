import type { Config } from '../config.js'
import { createLocalRelay } from './local-relay.js'
import { describeRedisError } from './redis-errors.js'
import { createRedisRelay } from './redis-relay.js'
import type { Relay } from './relay.js'

const SILENCE_MS = 5000

/** The relay that the configuration asks for. A Redis that is away fails many times a second and is reported seldom. */
export function openRelay(
  { redis }: Pick<Config, 'redis'>,
  installation: string,
  onError: (error: Error) => void,
): Relay {
  if (redis === undefined) return createLocalRelay()
  let quietUntil = 0
  return createRedisRelay({
    ...redis,
    installation,
    onError(error) {
      if (Date.now() < quietUntil) return
      quietUntil = Date.now() + SILENCE_MS
      onError(describeRedisError(error))
    },
  })
}
