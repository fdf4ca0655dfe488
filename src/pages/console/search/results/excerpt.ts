export interface Piece {
  text: string
  isHit: boolean
}

/** Lengths in UTF-16 code units: of the text before the first hit, and of the whole excerpt. */
const BEFORE = 40
const LONGEST = 220

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00

/** Moves a position out of a surrogate pair. */
const align = (content: string, at: number) => (isHighSurrogate(content.charCodeAt(at - 1)) ? at - 1 : at)

/**
 * The part of a message around its first hit, in pieces. Hits are positions in UTF-16 code units. Hits that overlap or
 * exceed the text are clipped.
 */
export function excerpt(content: string, hits: readonly (readonly [start: number, end: number])[]): Piece[] {
  const sorted = [...hits].sort(([one], [other]) => one - other)
  const first = sorted[0]?.[0] ?? 0
  const from = first <= BEFORE ? 0 : align(content, first - BEFORE)
  const to = align(content, Math.min(content.length, from + LONGEST))
  const pieces: Piece[] = []
  const add = (text: string, isHit: boolean) => {
    if (text !== '') pieces.push({ text, isHit })
  }
  let at = from
  if (from > 0) add('…', false)
  for (const [start, end] of sorted) {
    const [hitStart, hitEnd] = [Math.max(at, start), Math.min(to, end)]
    if (hitEnd <= hitStart) continue
    add(content.slice(at, hitStart), false)
    add(content.slice(hitStart, hitEnd), true)
    at = hitEnd
  }
  add(content.slice(at, to), false)
  if (to < content.length) add('…', false)
  return pieces
}
