/**
 * 128 random bits in hexadecimal. `crypto.randomUUID` is missing on pages that came over plain HTTP, and React Native has no
 * `crypto` at all. The id must be unique, it need not be secret, so that `Math.random` will do.
 */
export function createRandomId(): string {
  const { crypto } = globalThis as { crypto?: Partial<Crypto> }
  const bytes = new Uint8Array(16)
  if (typeof crypto?.getRandomValues === 'function') crypto.getRandomValues(bytes)
  else for (const index of bytes.keys()) bytes[index] = Math.floor(Math.random() * 256)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
