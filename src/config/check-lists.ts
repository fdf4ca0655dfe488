import type { FieldErrors } from '../protocol/schemas/error-body.js'
import { isCidr } from '../webhooks/webhook-settings.js'
import { splitList } from './split-list.js'

interface Lists {
  TRUST_PROXY: string
  CORS_ORIGINS: string
  WEBSOCKET_ORIGINS: string
  WIDGET_ORIGINS: string
}

/** Checks the items of the settings that are lists. */
export const checkLists = (lists: Lists): FieldErrors => [
  ...checkProxies('TRUST_PROXY', splitList(lists.TRUST_PROXY)),
  ...checkOrigins('CORS_ORIGINS', splitList(lists.CORS_ORIGINS)),
  ...checkOrigins('WEBSOCKET_ORIGINS', splitList(lists.WEBSOCKET_ORIGINS)),
  ...checkEmbedders('WIDGET_ORIGINS', splitList(lists.WIDGET_ORIGINS)),
]

/** Names of ranges that Fastify knows. */
const knownRanges = ['loopback', 'linklocal', 'uniquelocal']

/** Checks the proxies that are trusted. Fastify refuses a range of length 0: then anybody would be a proxy. */
function checkProxies(field: string, list: string[]): FieldErrors {
  const isRange = (text: string) => knownRanges.includes(text) || (isCidr(text) && !/\/0+$/.test(text))
  return list.every(isRange) ? [] : [{ field, message: 'must be a list of addresses or ranges such as 10.0.0.0/8' }]
}

/** Checks origins that are compared with what browsers send. */
function checkOrigins(field: string, list: string[]): FieldErrors {
  return list.every((text) => text === '*' || isOrigin(text))
    ? []
    : [{ field, message: 'must be * or a list of origins such as https://shop.example, without a path or a slash' }]
}

/** Apps and extensions have schemes of their own, and pages without an origin send `null`. */
function isOrigin(text: string): boolean {
  if (text === 'null') return true
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/.test(text) || !URL.canParse(text)) return false
  const { origin } = new URL(text)
  return origin === 'null' || origin === text
}

/** Checks origins that become a part of a header, in which a `;` would end them. They may have wildcards. */
function checkEmbedders(field: string, list: string[]): FieldErrors {
  return list.every((text) => /^[\x21-\x3a\x3c-\x7e]+$/.test(text))
    ? []
    : [{ field, message: 'must be a list of origins such as https://shop.example' }]
}
