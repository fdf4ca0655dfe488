/** From where to where a text is highlighted, in UTF-16 code units; the end is not in it. */
export type Highlight = [start: number, end: number]

/**
 * Reads highlights from a text in which each is between two marks. Without the marks it has to be the text; where it is not,
 * because PostgreSQL's parser has dropped something, there are none.
 */
export function readMarks(marked: string, text: string, [start, end]: [string, string]): Highlight[] {
  const [first = '', ...rest] = marked.split(start)
  const highlights: Highlight[] = []
  let plain = first
  for (const piece of rest) {
    const [inside = '', after = ''] = piece.split(end)
    highlights.push([plain.length, plain.length + inside.length])
    plain += inside + after
  }
  return plain === text ? highlights : []
}

/** Finds parts in a text, in any case. */
export function findParts(text: string, parts: string[]): Highlight[] {
  if (parts.length === 0) return []
  const anyPart = new RegExp(parts.map(escapePattern).join('|'), 'giu')
  return Array.from(text.matchAll(anyPart), ({ index, 0: found }) => [index, index + found.length])
}

const escapePattern = (part: string) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)

/** Sorts highlights, and joins those that touch or overlap. */
export function joinHighlights(highlights: Highlight[]): Highlight[] {
  const joined: Highlight[] = []
  for (const [start, end] of highlights.toSorted(([one], [other]) => one - other)) {
    const last = joined.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else joined.push([start, end])
  }
  return joined
}
