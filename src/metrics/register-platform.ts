import type { Registrar } from './registrar.js'
import type { MetricSources } from './sources.js'

/*
 * Metrics of the systems that a node uses: webhook receivers, the mail server, file storage and the scanner, and the platform
 * that signs JWTs. As in all metrics, no label contains an id.
 */

export function registerWebhooks({ counter, gauge, histogram }: Registrar, sources: MetricSources): void {
  const { webhookAttempts: attempts, database } = sources
  counter({
    name: 'store_chat_webhook_attempts_total',
    help: 'Attempts to deliver an event, by what came of them: "refused" is a status other than 2xx, "unanswered" none.',
    labelNames: ['outcome'],
    read: () => [
      [{ outcome: 'delivered' }, attempts.delivered],
      [{ outcome: 'refused' }, attempts.refused],
      [{ outcome: 'unanswered' }, attempts.unanswered],
    ],
  })
  histogram({
    name: 'store_chat_webhook_attempt_duration_seconds',
    help: 'Time from the request of an attempt to the end of its answer, or until it was given up.',
    read: () => attempts.durations,
  })
  counter({
    name: 'store_chat_webhook_events_given_up_total',
    help: 'Events that failed for three days. Their sessions wait for a replay.',
    read: () => attempts.givenUp,
  })
  counter({
    name: 'store_chat_webhook_deliveries_delayed_total',
    help: 'Deliveries that waited because this node was busy.',
    read: () => attempts.delayed,
  })
  gauge({
    name: 'store_chat_webhooks',
    help: 'Webhooks of the whole installation. The same on every node. An event of "failing" ones waits to be sent again or replayed; the platform switched "off" some, the answer 410 others: "gone".',
    labelNames: ['state'],
    read: () => {
      const { webhooks } = database()
      if (webhooks === undefined) return []
      return (['working', 'failing', 'off', 'gone'] as const).map((state) => [{ state }, webhooks[state]])
    },
  })
  gauge({
    name: 'store_chat_webhook_oldest_event_age_seconds',
    help: 'How long the oldest event waits for its delivery, without webhooks that are switched off. The same on every node.',
    read: () => database().webhooks?.oldestEventSeconds,
  })
}

export function registerMail({ counter }: Registrar, { mailCounts }: MetricSources): void {
  counter({
    name: 'store_chat_mails_total',
    help: 'Mails that this node tried to send. A mail that "failed" is sent again; one that the server "refused" is not.',
    labelNames: ['outcome'],
    read: () => Object.entries(mailCounts).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}

export function registerUploads({ counter, histogram }: Registrar, { uploads }: MetricSources): void {
  counter({
    name: 'store_chat_uploads_total',
    help: 'Uploads that have ended: "refused" by what the client sent or by a limit, "failed" by the disk, the bucket, PostgreSQL or the scanner.',
    labelNames: ['outcome'],
    read: () => [
      [{ outcome: 'stored' }, uploads.stored],
      [{ outcome: 'refused' }, uploads.refused],
      [{ outcome: 'broken_off' }, uploads.brokenOff],
      [{ outcome: 'failed' }, uploads.failed],
    ],
  })
  counter({
    name: 'store_chat_upload_bytes_total',
    help: 'Bytes of files that uploads brought, whatever became of them.',
    read: () => uploads.bytes,
  })
  histogram({
    name: 'store_chat_upload_duration_seconds',
    help: 'Time of each upload that was stored, by the line of its client.',
    read: () => uploads.durations,
  })
  counter({
    name: 'store_chat_upload_scans_total',
    help: 'Files that the scanner was asked about, by its answer; "failed" is none.',
    labelNames: ['outcome'],
    read: () => Object.entries(uploads.scans).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}

export function registerJwts({ counter }: Registrar, { jwtCounts }: MetricSources): void {
  counter({
    name: 'store_chat_jwt_refused_total',
    help: 'JWTs that were refused, by the reason. They count among the failed authentications, too.',
    labelNames: ['reason'],
    read: () => Object.entries(jwtCounts.refused).map(([reason, count]) => [{ reason }, count]),
  })
  counter({
    name: 'store_chat_jwt_key_set_reads_total',
    help: 'How often the key set of the platform (JWT_JWKS_URL) was read, or could not be.',
    labelNames: ['outcome'],
    read: () => Object.entries(jwtCounts.keySet).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}
