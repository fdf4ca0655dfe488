/** Matches every character that some program shows as a line break. */
// oxlint-disable-next-line no-control-regex -- matches them on purpose
const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/
/** Control characters, except the tab, that terminals act on, and characters that change the visible order of text. */
// oxlint-disable-next-line no-control-regex -- matches them on purpose
const MISLEADING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

/** Splits a text into lines, and replaces characters that would disguise what it says. */
export const toLines = (text: string): string[] =>
  text.split(LINE_BREAK).map((line) => line.replaceAll(MISLEADING, '\uFFFD'))

/** Does the same, and joins the lines. */
export const toLine = (text: string): string => toLines(text).join(' ')
