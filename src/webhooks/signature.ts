import { createHmac, randomBytes } from 'node:crypto'

/*
 * Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** Creates a secret for signatures: 256 random bits. */
export const createSecret = () => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** Creates the headers of a delivery attempt, with a signature for each secret. A receiver accepts any of them. */
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
