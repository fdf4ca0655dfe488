import type { RedisOptions } from 'ioredis'

export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster'
  /** One or, for sentinels and clusters, any number that are tried in turn. */
  urls: string[]
  sentinelMaster: string
}

export const COMMAND_TIMEOUT_MS = 1000
const CONNECT_TIMEOUT_MS = 3000
const SLOWEST_RETRY_MS = 500
export const retryStrategy = (attempt: number) => Math.min(25 * 2 ** Math.min(attempt, 6), SLOWEST_RETRY_MS)

/**
 * By default ioredis queues without bound while Redis is away, gives up a command after more than a minute, and sends
 * the commands of a broken connection again on the next one. Here a command fails with its connection, or after a second.
 */
export const connectionOptions = {
  retryStrategy,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
} satisfies RedisOptions

/** The subscriber subscribes itself: ioredis would do so without saying whether it worked. */
export const subscriberOptions = { ...connectionOptions, autoResubscribe: false } satisfies RedisOptions

/** User name, password and database number of a URL, decoded. */
export function readCredentials(url: string): Pick<RedisOptions, 'username' | 'password' | 'db'> {
  const { username, password, pathname } = new URL(url)
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
  }
}

export function readHostAndPort(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  // A URL has brackets around an IPv6 address, and a socket takes it without them.
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) }
}

export const isEncrypted = (url: string) => new URL(url).protocol === 'rediss:'
