import { createHmac, randomBytes } from 'node:crypto'

/*
 * Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** A new secret to sign with: 256 random bits. */
export const createSecret = () => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** The headers of an attempt to deliver an event. A receiver accepts it when one of the signatures is of its secret. */
export function signatureHeaders(
  secrets: readonly string[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Record<string, string> {
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  }
}
