/** Without it, spreadsheets take UTF-8 for something else. */
export const CSV_BEGINNING = '\uFEFF'

/**
 * What makes a spreadsheet take a cell for a formula (OWASP, "CSV injection"): a sign at its beginning, also one that is as
 * wide as an ideograph, also behind white space or what is not seen. A tab or a line break at the beginning can be eaten.
 */
const FORMULA = /^(?:[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|[\t\r\n])/u

/**
 * Writes a record as RFC 4180 has it, with its CRLF. All cells are quoted, so that no separator of any country splits them. A
 * text that a spreadsheet would run gets an apostrophe, which tells it that this is text; a number is what it is.
 */
export function writeRecord(cells: readonly (string | number | null)[]): string {
  return `${cells.map(writeCell).join()}\r\n`
}

function writeCell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return `"${text.replaceAll('"', '""')}"`
}
