/** What has the form of an issued token: `createToken` makes longer ones. */
const ISSUED_TOKEN = /sct_[\w-]{20,}/g

/** Replaces issued tokens and JWTs in a text, wherever they are. */
export function hideTokens(text: string): string {
  const hidden = text.includes('sct_') ? text.replaceAll(ISSUED_TOKEN, 'sct_…') : text
  return hidden.includes('eyJ') ? hidden.replaceAll(/[\w.-]+/g, hideJwt) : hidden
}

/** Word by word: one pattern for the whole text takes time quadratic in its length. */
function hideJwt(word: string): string {
  const start = word.indexOf('eyJ')
  return start !== -1 && word.slice(start).split('.').length > 2 ? `${word.slice(0, start)}eyJ…` : word
}

/** Replaces user names and passwords in the URLs that a text quotes. */
export const hideCredentials = (text: string): string => text.replaceAll(/:\/\/[^\s/]*@/g, '://…@')
