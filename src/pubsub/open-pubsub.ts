import type { Config } from '../config/config.js'
import { createInProcessPubSub } from './in-process.js'
import { describeRedisError } from './redis-errors.js'
import { createRedisPubSub } from './redis-pubsub.js'
import type { PubSub } from './pubsub.js'

const SILENCE_MS = 5000

/**
 * Opens the pub/sub that the configuration asks for. While Redis is away it fails many times a second; it is reported every
 * five seconds.
 */
export function openPubSub(
  { redis }: Pick<Config, 'redis'>,
  installation: string,
  onError: (error: Error) => void,
): PubSub {
  if (redis === undefined) return createInProcessPubSub()
  let quietUntil = 0
  return createRedisPubSub({
    ...redis,
    installation,
    onError(error) {
      if (Date.now() < quietUntil) return
      quietUntil = Date.now() + SILENCE_MS
      onError(describeRedisError(error))
    },
  })
}
