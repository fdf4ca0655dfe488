import { isIP } from 'node:net'
import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** The settings of webhooks, by the names of their environment variables. */
export const webhookEnvironment = {
  WEBHOOK_ALLOW_CIDRS: Type.String({
    default: '',
    description: 'Address ranges (CIDR) that are not public but allowed for webhooks, separated by commas.',
  }),
  WEBHOOK_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    maximum: 15_000,
    default: 15_000,
    description: 'How long a receiver may take to answer.',
  }),
  WEBHOOK_RETRY_SECONDS: Type.String({
    default: '5,30,120,600,3600,7200,14400,21600',
    pattern: '^[1-9]\\d{0,5}( *, *[1-9]\\d{0,5}){0,19}$',
    description: 'Pauses between the attempts to deliver an event, for three days; the last one repeats.',
  }),
}
type WebhookEnvironment = Static<TObject<typeof webhookEnvironment>>

const splitList = (list: string) => list.split(',').flatMap((item) => item.trim() || [])

/** Reads the settings from the environment. */
export const readWebhookSettings = (environment: WebhookEnvironment) => ({
  allowedCidrs: splitList(environment.WEBHOOK_ALLOW_CIDRS),
  timeoutMs: environment.WEBHOOK_TIMEOUT_MS,
  retryDelaysMs: splitList(environment.WEBHOOK_RETRY_SECONDS).map((seconds) => Number(seconds) * 1000),
})

/** Checks what the schema cannot express. */
export function checkWebhookSettings({ WEBHOOK_ALLOW_CIDRS }: WebhookEnvironment): FieldErrors {
  if (splitList(WEBHOOK_ALLOW_CIDRS).every(isCidr)) return []
  return [{ field: 'WEBHOOK_ALLOW_CIDRS', message: 'must be a list of ranges such as 10.0.0.0/8' }]
}

const maxPrefix: Record<number, number> = { 4: 32, 6: 128 }

/** Whether a text is an address, or a range of addresses. */
export function isCidr(cidr: string): boolean {
  const [address = '', prefix, ...rest] = cidr.split('/')
  const longest = maxPrefix[isIP(address)]
  if (longest === undefined || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
}
