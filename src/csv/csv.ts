/** The byte order mark, without which some spreadsheets do not read a file as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Matches text that a spreadsheet would interpret as a formula (OWASP, "CSV Injection"): a formula sign at its
 * beginning, also a full-width one, also after white space or invisible characters. Spreadsheets may drop a leading tab
 * or line break.
 */
const FORMULA = /^(?:[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|[\t\r\n])/u

/**
 * Formats a record of RFC 4180 with its CRLF. All texts are quoted, so that the separator of no locale splits them. A
 * text that a spreadsheet would run gets an apostrophe, which marks it as text. Numbers are written as they are.
 */
export function formatRecord(cells: readonly (string | number | null)[]): string {
  return `${cells.map(formatCell).join()}\r\n`
}

function formatCell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return `"${text.replaceAll('"', '""')}"`
}
