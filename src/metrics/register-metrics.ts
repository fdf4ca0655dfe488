import { closeCodes } from '../protocol/codes.js'
import type { Registrar, Sample } from './registrar.js'
import type { MetricSources } from './sources.js'

/*
 * No label contains the id of an account or a session, or anything else that grows with the installation. Each function
 * registers the metrics of one room.
 */

export function registerRequests({ counter, histogram }: Registrar, sources: MetricSources): void {
  const { requests, limits, accountWork, hub } = sources
  counter({
    name: 'store_chat_http_requests_total',
    help: 'Answered HTTP requests, by route template; "unknown" stands for all paths without a route.',
    labelNames: ['method', 'route', 'status'],
    read: () =>
      requests
        .all()
        .flatMap(({ method, route, byStatus }) =>
          [...byStatus].map(([status, count]): Sample<number> => [{ method, route, status }, count]),
        ),
  })
  histogram({
    name: 'store_chat_http_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its response.',
    labelNames: ['method', 'route'],
    read: () => requests.all().map(({ method, route, durations }) => [{ method, route }, durations]),
  })
  counter({
    name: 'store_chat_authentication_failures_total',
    help: 'HTTP requests and WebSocket handshakes whose token is missing, unknown, expired or revoked.',
    read: () => limits.counts.failedAuthentications,
  })
  counter({
    name: 'store_chat_limited_total',
    help: 'HTTP requests, messages and WebSocket handshakes that were refused, by limit.',
    labelNames: ['limit'],
    read: () => [
      [{ limit: 'requests' }, limits.counts.requests],
      [{ limit: 'messages' }, limits.counts.messages],
      [{ limit: 'failed_authentications' }, limits.counts.addresses],
      [{ limit: 'sockets' }, hub.sockets.refusedByLimit],
      [{ limit: 'concurrency' }, accountWork.counts.concurrency],
      [{ limit: 'unread_answers' }, accountWork.counts.unreadAnswers],
    ],
  })
}

const sides = ['store', 'admin'] as const

/** Samples of a number for each side. */
const bySide = (read: (side: (typeof sides)[number]) => number): Sample<number>[] =>
  sides.map((side) => [{ side }, read(side)])

export function registerSockets({ counter, gauge }: Registrar, { hub }: MetricSources): void {
  const { sockets } = hub
  const perSide = { labelNames: ['side'] }
  gauge({
    ...perSide,
    name: 'store_chat_sockets',
    help: 'Open sockets.',
    read: () => bySide((side) => hub.connectionCount(side)),
  })
  counter({
    ...perSide,
    name: 'store_chat_sockets_opened_total',
    help: 'Sockets that were opened.',
    read: () => bySide((side) => sockets[side].opened),
  })
  counter({
    name: 'store_chat_sockets_closed_total',
    help: 'Sockets that this node closed, by reason; "too_slow" are slow readers. Sockets that the ws library closes are not counted.',
    labelNames: ['reason'],
    read: () => ownCloseCodes.map(([reason, code]) => [{ reason: toSnakeCase(reason) }, sockets.closes.get(code) ?? 0]),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_frames_received_total',
    help: 'Frames received from clients.',
    read: () => bySide((side) => sockets[side].framesReceived),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_frames_sent_total',
    help: 'Frames written to sockets.',
    read: () => bySide((side) => sockets[side].framesSent),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_sent_bytes_total',
    help: 'Bytes of frames written to sockets.',
    read: () => bySide((side) => sockets[side].bytesSent),
  })
  counter({
    name: 'store_chat_sessions_resumed_total',
    help: 'Sessions that clients named in `resume` frames.',
    read: () => sockets.resumedSessions,
  })
}

/** The `ws` library itself closes a socket whose frame is too big, so it is not counted here. */
const ownCloseCodes = Object.entries(closeCodes).filter(([reason]) => reason !== 'tooBig')

const toSnakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function registerDeliveries({ counter, histogram }: Registrar, { hub, commits }: MetricSources): void {
  const { sockets, deliveries } = hub
  counter({
    name: 'store_chat_messages_stored_total',
    help: 'Messages that this node stored, by side of the sender.',
    labelNames: ['side'],
    read: () => bySide((side) => commits.stored[side]),
  })
  histogram({
    name: 'store_chat_commit_messages',
    help: 'Messages per commit: concurrent messages share a statement and its commit.',
    read: () => commits.sizes,
  })
  histogram({
    name: 'store_chat_commit_duration_seconds',
    help: 'Duration of the statement that stores messages, including its commit.',
    read: () => commits.durations,
  })
  counter({
    name: 'store_chat_deliveries_total',
    help: 'Messages and session changes written to sockets, counted once per socket.',
    labelNames: ['side'],
    read: () => bySide((side) => sockets[side].deliveries),
  })
  histogram({
    name: 'store_chat_delivery_latency_seconds',
    help: 'Time from the commit of a message or change to its delivery, by the clocks of PostgreSQL and of this node.',
    read: () => deliveries.latencies,
  })
  counter({
    name: 'store_chat_events_filled_total',
    help: 'Messages and changes that pub/sub did not deliver in time and that were read from PostgreSQL instead.',
    read: () => deliveries.eventsFilled,
  })
  counter({
    name: 'store_chat_events_repaired_total',
    help: 'Filled events whose loss only the reconciler found. Near 0 while Redis works.',
    read: () => deliveries.eventsRepaired,
  })
  counter({
    name: 'store_chat_sessions_reset_total',
    help: 'Sessions that were reset for their sockets because the database was restored to an earlier state.',
    read: () => deliveries.resets,
  })
}

export function registerPubSub({ counter, gauge }: Registrar, { pubsub }: MetricSources): void {
  gauge({
    name: 'store_chat_pubsub_up',
    help: '1 if events reach other nodes, otherwise 0.',
    read: () => Number(pubsub.isUp()),
  })
  counter({
    name: 'store_chat_pubsub_published_total',
    help: 'Events that this node published.',
    read: () => pubsub.counts.published,
  })
  counter({
    name: 'store_chat_pubsub_dropped_total',
    help: 'Events that could not be sent to other nodes. Durable events are read from PostgreSQL there.',
    read: () => pubsub.counts.dropped,
  })
  counter({
    name: 'store_chat_pubsub_received_total',
    help: 'Events received from other nodes.',
    read: () => pubsub.counts.received,
  })
}

export function registerLogs({ counter }: Registrar, { logs }: MetricSources): void {
  counter({
    name: 'store_chat_log_lines_total',
    help: 'Warnings and errors, including repeated ones that were not logged.',
    labelNames: ['level'],
    read: () => Object.entries(logs).map(([level, count]) => [{ level }, count as number]),
  })
}
