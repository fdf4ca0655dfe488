/** What some program or other shows as a new line. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/
/** Control characters but the tab, which terminals obey, and what shows text in another order than it is in. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const MISLEADING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

/** The lines of a text, without characters that would make it look like more, or like something else. */
export const toLines = (text: string): string[] =>
  text.split(LINE_BREAK).map((line) => line.replaceAll(MISLEADING, '\uFFFD'))

/** The same in one line. */
export const toLine = (text: string): string => toLines(text).join(' ')
