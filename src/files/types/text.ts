import { unsupported, type Filter } from './filter.js'

/** Control characters that no text holds. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controlCharacters = /[\0-\x08\x0e-\x1f\x7f]/
/** What makes a browser, or a server that is not ours, take a text for a page, a picture or a script. */
const markup =
  /<(?:!doctype|html|head|body|script|style|svg|iframe|frameset|object|embed|applet|meta|link|base|\?xml|\?php)\b/i
const leadingMarkup = /^\s*<[a-z!?/]/i
/** How much of the text before is looked at again, so that nothing is missed for being cut in two. */
const OVERLAP = 64

/** Lets through UTF-8 text that is no markup and no script. It changes nothing. */
export function createTextFilter(): Filter {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let tail = ''
  let isStart = true

  function check(text: string): void {
    const seen = tail + text
    if (isStart && (leadingMarkup.test(seen) || seen.startsWith('#!'))) throw notText('looks like a page or a script')
    if (controlCharacters.test(text)) throw notText('holds bytes that are no text')
    if (markup.test(seen)) throw notText('holds markup or a script')
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
