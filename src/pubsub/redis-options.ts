import type { RedisOptions } from 'ioredis'

export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster'
  /** One URL or, for sentinels and clusters, several that are tried in turn. */
  urls: string[]
  sentinelMaster: string
}

export const COMMAND_TIMEOUT_MS = 1000
const CONNECT_TIMEOUT_MS = 3000
const SLOWEST_RETRY_MS = 500
export const retryStrategy = (attempt: number) => Math.min(25 * 2 ** Math.min(attempt, 6), SLOWEST_RETRY_MS)

/**
 * By default ioredis queues without bound while Redis is away, gives up a command after more than a minute, and repeats the
 * commands of a broken connection on the next one. With these options a command fails with its connection, or after a
 * second.
 */
export const connectionOptions = {
  retryStrategy,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
} satisfies RedisOptions

/** The subscriber resubscribes itself: ioredis does not report whether a resubscription worked. */
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
