/** What has the form of an issued token: `createToken` makes longer ones. */
const ISSUED_TOKEN = /sct_[\w-]{20,}/g
/** The secret of a webhook: base64. */
const WEBHOOK_SECRET = /whsec_[\w+/=-]{20,}/g

/** Replaces issued tokens, JWTs and secrets of webhooks in a text, wherever they are. */
export function hideTokens(text: string): string {
  let hidden = text.includes('sct_') ? text.replaceAll(ISSUED_TOKEN, 'sct_…') : text
  if (hidden.includes('whsec_')) hidden = hidden.replaceAll(WEBHOOK_SECRET, 'whsec_…')
  return hidden.includes('eyJ') ? hidden.replaceAll(/[\w.-]+/g, hideJwt) : hidden
}

/** Word by word: one pattern for the whole text takes time quadratic in its length. */
function hideJwt(word: string): string {
  const start = word.indexOf('eyJ')
  return start !== -1 && word.slice(start).split('.').length > 2 ? `${word.slice(0, start)}eyJ…` : word
}

/** A shorter secret could be a word of the log. */
const SHORTEST_SECRET = 8

/**
 * Creates a function that replaces tokens and the given secrets in a line of JSON, also where a client has percent-encoded
 * them in a path.
 */
export function createSecretHider(secrets: readonly string[]): (line: string) => string {
  const long = secrets.filter(({ length }) => length >= SHORTEST_SECRET)
  const forms = long.flatMap((secret) => [secret, encodeURI(secret), encodeURIComponent(secret)])
  const inJson = forms.map((form) => JSON.stringify(form).slice(1, -1))
  const known = [...new Set([...forms, ...inJson])].toSorted((a, b) => b.length - a.length)
  const hidePlain = (text: string) => known.reduce((rest, form) => rest.replaceAll(form, '…'), hideTokens(text))
  const hideEncoded = (part: string) => {
    if (!part.includes('%')) return part
    const plain = part.replaceAll(/(?:%[0-9a-f]{2})+/gi, decode)
    return hidePlain(plain) === plain ? part : '…'
  }
  return (line) => {
    const hidden = hidePlain(line)
    return hidden.includes('%') ? hidden.replaceAll(/[^\s"\\/]+/g, hideEncoded) : hidden
  }
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** Replaces user names and passwords in the URLs that a text quotes. */
export const hideCredentials = (text: string): string => text.replaceAll(/:\/\/[^\s/]*@/g, '://…@')
