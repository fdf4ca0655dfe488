import { hash, randomBytes } from 'node:crypto'

/** Creates a token: 256 random bits in base64url, with a prefix that secret scanners recognise. */
export const createToken = () => `sct_${randomBytes(32).toString('base64url')}`

/** The SHA-256 of a token (32 bytes), which is stored instead of it. */
export const hashToken = (token: string) => hash('sha256', token, 'buffer')

const LONGEST_TOKEN = 512
const LONGEST_JWT = 8192

/** Whether a token has the form of a signed JWT: three parts in base64url, the last of which may be empty. */
export const isJwt = (token: string) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)

/** Whether a text can be a token at all. */
export const canBeToken = (text: string) => text.length <= LONGEST_TOKEN || (text.length <= LONGEST_JWT && isJwt(text))

/** Reads the token of an `Authorization: Token …` header; undefined when the header is missing or malformed. */
export function readAuthorization(header: string | undefined): string | undefined {
  const token = /^token +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1]
  return token !== undefined && canBeToken(token) ? token : undefined
}
