import { unsupported, type Filter } from './filter.js'

/** Control characters that do not occur in text. */
// oxlint-disable-next-line no-control-regex -- matches them on purpose
const controlCharacters = /[\0-\x08\x0e-\x1f\x7f]/
/** Content that a browser, or another server, could interpret as a page, a picture or a script. */
const markup =
  /<(?:!doctype|html|head|body|script|style|svg|iframe|frameset|object|embed|applet|meta|link|base|\?xml|\?php)\b/i
const leadingMarkup = /^\s*<[a-z!?/]/i
/** How many characters of the text before are checked again, so that a match across two chunks is found. */
const OVERLAP = 64

/** Accepts UTF-8 text without markup and scripts. It changes nothing. */
export function createTextFilter(): Filter {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let tail = ''
  let isStart = true

  function check(text: string): void {
    const seen = tail + text
    if (isStart && (leadingMarkup.test(seen) || seen.startsWith('#!'))) throw notText('looks like a page or a script')
    if (controlCharacters.test(text)) throw notText('contains control characters')
    if (markup.test(seen)) throw notText('contains markup or a script')
    tail = seen.slice(-OVERLAP)
    isStart &&= seen.trim().length < 2
  }

  function decode(chunk?: Buffer): string {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw notText('is not UTF-8')
    }
  }

  return {
    push(chunk) {
      check(decode(chunk))
      return [chunk]
    },
    end() {
      check(decode())
      return []
    },
  }
}

const notText = (what: string) => unsupported(`A text file is plain text in UTF-8; this one ${what}`)
