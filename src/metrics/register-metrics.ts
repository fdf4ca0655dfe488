import { closeCodes } from '../protocol/codes.js'
import type { Registrar, Sample } from './registrar.js'
import type { MetricSources } from './sources.js'

/*
 * No label holds an id of an account or a session, or anything else that grows with the installation. Each function registers
 * the metrics of one room.
 */

export function registerRequests({ counter, histogram }: Registrar, sources: MetricSources): void {
  const { requests, limits, accountWork, hub } = sources
  counter({
    name: 'store_chat_http_requests_total',
    help: 'Answered HTTP requests, by the template of their route; "unknown" stands for paths without a route.',
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
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    read: () => requests.all().map(({ method, route, durations }) => [{ method, route }, durations]),
  })
  counter({
    name: 'store_chat_authentication_failures_total',
    help: 'Requests and handshakes with a token that is missing, unknown, expired or revoked.',
    read: () => limits.counts.failedAuthentications,
  })
  counter({
    name: 'store_chat_limited_total',
    help: 'Requests, messages and handshakes that a limit refused, by the limit.',
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

/** Samples of a number that is counted for each side. */
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
    help: 'Sockets that this node closed, by the reason; "too_slow" are slow readers. Frames that ws refuses do not count.',
    labelNames: ['reason'],
    read: () => ownCloseCodes.map(([reason, code]) => [{ reason: toSnakeCase(reason) }, sockets.closes.get(code) ?? 0]),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_frames_received_total',
    help: 'Frames that clients sent.',
    read: () => bySide((side) => sockets[side].framesReceived),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_frames_sent_total',
    help: 'Frames that were written to sockets.',
    read: () => bySide((side) => sockets[side].framesSent),
  })
  counter({
    ...perSide,
    name: 'store_chat_socket_sent_bytes_total',
    help: 'Bytes of the frames that were written to sockets.',
    read: () => bySide((side) => sockets[side].bytesSent),
  })
  counter({
    name: 'store_chat_sessions_resumed_total',
    help: 'Sessions that clients named in a resume.',
    read: () => sockets.resumedSessions,
  })
}

/** `ws` itself closes a socket whose frame is too big. */
const ownCloseCodes = Object.entries(closeCodes).filter(([reason]) => reason !== 'tooBig')

const toSnakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function registerDeliveries({ counter, histogram }: Registrar, { hub, commits }: MetricSources): void {
  const { sockets, deliveries } = hub
  counter({
    name: 'store_chat_messages_stored_total',
    help: 'Messages that this node stored, by the side of their sender.',
    labelNames: ['side'],
    read: () => bySide((side) => commits.stored[side]),
  })
  histogram({
    name: 'store_chat_commit_messages',
    help: 'Messages that shared a statement and its commit.',
    read: () => commits.sizes,
  })
  histogram({
    name: 'store_chat_commit_duration_seconds',
    help: 'Time that such a statement took, with its commit.',
    read: () => commits.durations,
  })
  counter({
    name: 'store_chat_deliveries_total',
    help: 'Messages and changes of sessions that were written to sockets, once per socket.',
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
    help: 'Messages and changes that pub/sub did not bring in time, read from PostgreSQL instead.',
    read: () => deliveries.eventsFilled,
  })
  counter({
    name: 'store_chat_events_repaired_total',
    help: 'Those of them that only the reconciler found. Near 0 while Redis works.',
    read: () => deliveries.eventsRepaired,
  })
  counter({
    name: 'store_chat_sessions_reset_total',
    help: 'Sessions that began anew for their sockets because the database was set back.',
    read: () => deliveries.resets,
  })
}

export function registerPubSub({ counter, gauge }: Registrar, { pubsub }: MetricSources): void {
  gauge({
    name: 'store_chat_pubsub_up',
    help: 'Whether events reach other nodes.',
    read: () => Number(pubsub.isUp()),
  })
  counter({
    name: 'store_chat_pubsub_published_total',
    help: 'Events that this node published.',
    read: () => pubsub.counts.published,
  })
  counter({
    name: 'store_chat_pubsub_dropped_total',
    help: 'Events that could not be sent to other nodes. Those that matter are read from PostgreSQL there.',
    read: () => pubsub.counts.dropped,
  })
  counter({
    name: 'store_chat_pubsub_received_total',
    help: 'Events that came from other nodes.',
    read: () => pubsub.counts.received,
  })
}

export function registerLogs({ counter }: Registrar, { logs }: MetricSources): void {
  counter({
    name: 'store_chat_log_lines_total',
    help: 'Warnings and errors that were logged or, because they repeated, left out.',
    labelNames: ['level'],
    read: () => Object.entries(logs).map(([level, count]) => [{ level }, count as number]),
  })
}
