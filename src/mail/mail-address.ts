/**
 * Reads the `email` of a store, which may be any text, as a single address. Undefined if it is none, or several: a list would
 * send one store's messages to others.
 */
export function readMailAddress(email: string): string | undefined {
  const address = email.trim()
  return /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+$/.test(address) ? address : undefined
}
