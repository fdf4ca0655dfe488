/** Converts the digits of Arabic, Persian and Chinese keyboards. The low four bits of their codes are the value. */
export const toLatinDigits = (text: string): string =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) & 0xf))

/** Parses a typed id, with or without `#`. Returns undefined if the text is not an id. */
export function readId(typed: string): number | undefined {
  const [, digits] = /^#?([1-9]\d{0,14})$/.exec(toLatinDigits(typed.trim())) ?? []
  return digits === undefined ? undefined : Number(digits)
}
