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
    help: 'Attempts to deliver an event, by the outcome: "refused" is a status other than 2xx, "unanswered" no answer.',
    labelNames: ['outcome'],
    read: () => [
      [{ outcome: 'delivered' }, attempts.delivered],
      [{ outcome: 'refused' }, attempts.refused],
      [{ outcome: 'unanswered' }, attempts.unanswered],
    ],
  })
  histogram({
    name: 'store_chat_webhook_attempt_duration_seconds',
    help: 'Time from the request of an attempt to the end of its answer, or to its failure.',
    read: () => attempts.durations,
  })
  counter({
    name: 'store_chat_webhook_events_given_up_total',
    help: 'Events that this node gave up after three days of failures. Their sessions wait for a replay.',
    read: () => attempts.givenUp,
  })
  counter({
    name: 'store_chat_webhook_deliveries_delayed_total',
    help: 'Deliveries that this node made at a limited rate, because the node or its machine was saturated.',
    read: () => attempts.delayed,
  })
  gauge({
    name: 'store_chat_webhooks',
    help: 'Webhooks of the whole installation, by state: "failing" have an event that failed, "off" were switched off by the platform, "gone" by an answer of 410. The same on every node.',
    labelNames: ['state'],
    read: () => {
      const { webhooks } = database()
      if (webhooks === undefined) return []
      return (['working', 'failing', 'off', 'gone'] as const).map((state) => [{ state }, webhooks[state]])
    },
  })
  gauge({
    name: 'store_chat_webhook_oldest_event_age_seconds',
    help: 'How long the oldest event has waited for its delivery. Webhooks that are switched off do not count. The same on every node.',
    read: () => database().webhooks?.oldestEventSeconds,
  })
}

export function registerMail({ counter }: Registrar, { mailCounts }: MetricSources): void {
  counter({
    name: 'store_chat_mails_total',
    help: 'Mails that this node tried to send, by the outcome. A "failed" mail is sent again, a "refused" one is not. "unaddressed": the email of the store is not an address, so it got no mail.',
    labelNames: ['outcome'],
    read: () => Object.entries(mailCounts).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}

export function registerUploads({ counter, histogram }: Registrar, { uploads }: MetricSources): void {
  counter({
    name: 'store_chat_uploads_total',
    help: 'Uploads that ended, by the outcome: "refused" because of their content or a limit, "broken_off" by the client, "failed" because of the disk, the bucket, PostgreSQL or the scanner.',
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
    help: 'Bytes of files that this node received, whatever the outcome of the upload.',
    read: () => uploads.bytes,
  })
  histogram({
    name: 'store_chat_upload_duration_seconds',
    help: 'Time from the start of an upload to its storage. It depends on the connection of the client.',
    read: () => uploads.durations,
  })
  counter({
    name: 'store_chat_upload_scans_total',
    help: 'Files that the scanner was asked about, by its answer: "failed" is no answer.',
    labelNames: ['outcome'],
    read: () => Object.entries(uploads.scans).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}

export function registerJwts({ counter }: Registrar, { jwtCounts }: MetricSources): void {
  counter({
    name: 'store_chat_jwt_refused_total',
    help: 'JWTs that were refused, by the reason. They also count as failed authentications.',
    labelNames: ['reason'],
    read: () => Object.entries(jwtCounts.refused).map(([reason, count]) => [{ reason }, count]),
  })
  counter({
    name: 'store_chat_jwt_key_set_reads_total',
    help: 'Reads of the key set of the platform (JWT_JWKS_URL), by the outcome.',
    labelNames: ['outcome'],
    read: () => Object.entries(jwtCounts.keySet).map(([outcome, count]) => [{ outcome }, count as number]),
  })
}
