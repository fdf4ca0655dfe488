/** Digits as Arabic, Persian and Chinese keyboards write them: the last four bits of each are its value. */
export const toLatinDigits = (text: string): string =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) & 0xf))

/** The id that somebody has typed, with or without `#`. */
export function readId(typed: string): number | undefined {
  const [, digits] = /^#?([1-9]\d{0,14})$/.exec(toLatinDigits(typed.trim())) ?? []
  return digits === undefined ? undefined : Number(digits)
}
