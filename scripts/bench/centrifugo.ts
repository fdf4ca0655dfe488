import type { Program } from './services.js'

/** Path of a Centrifugo 6, from `CENTRIFUGO`. Unset: Centrifugo is not measured. */
export const centrifugoPath = process.env['CENTRIFUGO']

const CHANNEL = 'CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE'

/**
 * Describes a Centrifugo that uses Redis. Clients are not authenticated, and every client may subscribe and publish.
 */
export function describeCentrifugo(
  command: string,
  redisUrl: string,
  { keepsHistory }: { keepsHistory: boolean },
): Program {
  const environment = {
    CENTRIFUGO_HTTP_SERVER_ADDRESS: '127.0.0.1',
    CENTRIFUGO_LOG_LEVEL: 'error',
    CENTRIFUGO_CLIENT_INSECURE: 'true',
    CENTRIFUGO_CLIENT_ALLOWED_ORIGINS: '*',
    CENTRIFUGO_ENGINE_TYPE: 'redis',
    CENTRIFUGO_ENGINE_REDIS_ADDRESS: redisUrl,
    CENTRIFUGO_ENGINE_REDIS_PREFIX: keepsHistory ? 'with-history' : 'without-history',
    [`${CHANNEL}_ALLOW_SUBSCRIBE_FOR_CLIENT`]: 'true',
    [`${CHANNEL}_ALLOW_PUBLISH_FOR_CLIENT`]: 'true',
    ...(keepsHistory && {
      [`${CHANNEL}_HISTORY_SIZE`]: '1000',
      [`${CHANNEL}_HISTORY_TTL`]: '300s',
      [`${CHANNEL}_FORCE_RECOVERY`]: 'true',
    }),
  }
  return { command, args: [], portVariable: 'CENTRIFUGO_HTTP_SERVER_PORT', environment }
}

export const centrifugoEndpoint = '/connection/websocket'

/** Connects and subscribes by one frame. */
export const subscribeTo = (channel: string) => `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${channel}"}}`

/** Start of the reply to the subscription. */
export const SUBSCRIBED = '{"id":2,"subscribe"'

const PING = '{}'

/**
 * Whether a frame contains a ping. A frame may contain several replies, one a line. A client that does not answer a
 * ping is disconnected.
 */
export const hasCentrifugoPing = (payload: Buffer) =>
  payload.length === PING.length || (payload.includes(PING) && payload.toString().split('\n').includes(PING))
