import type { Config } from '../../../src/config/config.js'
import type { Answer, RequestOptions } from '../clients/client.js'
import type { TestNode } from '../nodes/node.js'

const platformToken = 'platform-token-for-tests'

/** Settings of a node that allows webhooks to this machine and retries them soon. */
export const webhookConfig = (fields: Partial<Config['webhooks']> = {}): Partial<Config> => ({
  platformToken,
  webhooks: { allowedCidrs: ['127.0.0.0/8'], timeoutMs: 5000, retryDelaysMs: [50], ...fields },
})

/** Calls a platform route below `webhooks/`. */
export const callPlatform = (
  node: Pick<TestNode, 'request'>,
  method: string,
  path: string,
  body?: RequestOptions['body'],
): Promise<Answer> => node.request(method, `/v1/chat/platform/webhooks/${path}`, { token: platformToken, body })

/** Creates a webhook. */
export async function createWebhook(
  node: Pick<TestNode, 'request'>,
  url: string,
  events?: string[],
): Promise<{ id: number; secret: string }> {
  const { status, body, text } = await callPlatform(node, 'POST', '', { url, events })
  if (status !== 200) throw new Error(`The webhook was answered with ${status}: ${text}`)
  return body as { id: number; secret: string }
}
