import { hash, randomBytes } from 'node:crypto'

/** A new token: 256 random bits in base64url, with a prefix that secret scanners and people recognise. */
export const createToken = () => `sct_${randomBytes(32).toString('base64url')}`

/** What is stored instead of a token: its SHA-256, 32 bytes. */
export const hashToken = (token: string) => hash('sha256', token, 'buffer')

const LONGEST_TOKEN = 512
const LONGEST_JWT = 8192

/** Whether a token has the form of a signed JWT: three parts in base64url, the last of which may be empty. */
export const isJwt = (token: string) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)

/** Whether a text can be a token at all. */
export const canBeToken = (text: string) => text.length <= LONGEST_TOKEN || (text.length <= LONGEST_JWT && isJwt(text))

/** The token of an `Authorization: Token …` header; undefined when there is none or it cannot be one. */
export function readAuthorization(header: string | undefined): string | undefined {
  const token = /^token +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1]
  return token !== undefined && canBeToken(token) ? token : undefined
}
