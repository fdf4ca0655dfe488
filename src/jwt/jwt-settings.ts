import { createPublicKey, type KeyObject } from 'node:crypto'
import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

const algorithms = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const
export type JwtAlgorithm = (typeof algorithms)[number]

/** The settings of JWTs, named as their environment variables. */
export const jwtEnvironment = {
  JWT_ALGORITHMS: Type.Optional(
    Type.String({
      description: 'Accepted algorithms of JWTs, separated by commas: HS256, RS256, ES256, EdDSA. Unset: no JWTs.',
    }),
  ),
  JWT_SECRET: Type.Optional(
    Type.String({
      description: 'Shared secret for HS256, at least 32 bytes. Two, separated by a comma, while it is rotated.',
    }),
  ),
  JWT_PUBLIC_KEY: Type.Optional(
    Type.String({
      description:
        'Public key in PEM, for RS256, ES256 or EdDSA; `\\n` may stand for a line break. ' +
        'Two, one after the other, while it is rotated.',
    }),
  ),
  JWT_JWKS_URL: Type.Optional(
    Type.String({ format: 'http-url', description: 'URL of a JSON Web Key Set, instead of JWT_PUBLIC_KEY.' }),
  ),
  JWT_ISSUER: Type.Optional(Type.String({ description: 'Required value of `iss`. Unset: any.' })),
  JWT_AUDIENCE: Type.Optional(Type.String({ description: 'Value that `aud` must be or contain. Unset: any.' })),
}
type JwtEnvironment = Static<TObject<typeof jwtEnvironment>>

/** Which JWTs are valid. The keys match the algorithms. */
export interface JwtSettings {
  algorithms: JwtAlgorithm[]
  /** Two while one replaces the other, as with the public keys. */
  secrets?: string[]
  /** PEM. */
  publicKeys?: string[]
  jwksUrl?: string | undefined
  issuer?: string | undefined
  audience?: string | undefined
}

/** Returns undefined when JWTs are not configured. The environment has passed `checkJwtSettings`. */
export function readJwtSettings(environment: JwtEnvironment): JwtSettings | undefined {
  if (environment.JWT_ALGORITHMS === undefined) return undefined
  return {
    algorithms: algorithms.filter((algorithm) => listAlgorithms(environment).includes(algorithm)),
    secrets: listSecrets(environment.JWT_SECRET),
    publicKeys: listPublicKeys(environment.JWT_PUBLIC_KEY),
    jwksUrl: environment.JWT_JWKS_URL,
    issuer: environment.JWT_ISSUER,
    audience: environment.JWT_AUDIENCE,
  }
}

const listAlgorithms = ({ JWT_ALGORITHMS = '' }: JwtEnvironment) =>
  JWT_ALGORITHMS.split(',').flatMap((name) => name.trim() || [])
const listSecrets = (text?: string) => text?.split(/ *, */) ?? []
/** Environment files often cannot hold line breaks. */
const toPem = (text: string) => text.replaceAll('\\n', '\n')
const PUBLIC_KEYS = /-----BEGIN (?:RSA )?PUBLIC KEY-----[^-]+-----END (?:RSA )?PUBLIC KEY-----/g
/** Of other PEM, such as a chain of certificates, Node.js reads the first key. */
const listPublicKeys = (text?: string) => (text === undefined ? [] : (toPem(text).match(PUBLIC_KEYS) ?? [toPem(text)]))

/** RFC 7518, section 3.2: the key must be at least as large as the hash. */
const MIN_SECRET_BYTES = 32
/** The key in use, and the one that replaces it. */
const MAX_KEYS = 2
const PEM = /-----BEGIN [A-Z ]+-----/

/** Checks the settings against each other. A setting that would have no effect is an error, too. */
export function checkJwtSettings(environment: JwtEnvironment): FieldErrors {
  const { JWT_SECRET: secret, JWT_PUBLIC_KEY: publicKey, JWT_JWKS_URL: jwksUrl } = environment
  const names = listAlgorithms(environment)
  const error = (field: string, message: string) => [{ field, message }]
  if (names.length === 0) {
    const given = Object.keys(jwtEnvironment).filter((name) => environment[name as keyof JwtEnvironment] !== undefined)
    if (environment.JWT_ALGORITHMS !== undefined) return error('JWT_ALGORITHMS', 'holds no algorithm')
    return given.length > 0 ? error('JWT_ALGORITHMS', `is needed by ${given.join(', ')}`) : []
  }
  if (names.some((name) => !algorithms.some((known) => known === name))) {
    return error('JWT_ALGORITHMS', `may hold ${algorithms.join(', ')}`)
  }
  const asymmetric = names.filter((name) => name !== 'HS256')
  return [
    ...(names.includes('HS256') ? checkSecrets(listSecrets(secret)) : []),
    ...(secret !== undefined && !names.includes('HS256') ? error('JWT_SECRET', 'is for HS256 in JWT_ALGORITHMS') : []),
    ...(asymmetric.length > 0 && publicKey === undefined && jwksUrl === undefined
      ? error('JWT_PUBLIC_KEY', `or JWT_JWKS_URL is needed for ${asymmetric.join(', ')}`)
      : []),
    ...(publicKey !== undefined && jwksUrl !== undefined ? error('JWT_JWKS_URL', 'excludes JWT_PUBLIC_KEY') : []),
    ...(jwksUrl !== undefined && hasCredentials(jwksUrl)
      ? error('JWT_JWKS_URL', 'must be without a user name and a password')
      : []),
    ...(publicKey === undefined ? [] : checkPublicKey(publicKey, asymmetric)),
    ...(jwksUrl !== undefined && asymmetric.length === 0
      ? error('JWT_JWKS_URL', 'is for other algorithms than HS256')
      : []),
  ]
}

/** `fetch` refuses such a URL. */
function hasCredentials(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && `${url.username}${url.password}` !== ''
}

function checkSecrets(secrets: string[]): FieldErrors {
  const message =
    secrets.length === 0
      ? 'is needed for HS256'
      : secrets.length > MAX_KEYS
        ? 'may hold two secrets at most, separated by a comma'
        : secrets.some((secret) => PEM.test(secret))
          ? // Anybody who knows a public key could sign JWTs with it.
            'is a PEM key; HS256 needs a secret that is random'
          : secrets.some((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES)
            ? `must have ${MIN_SECRET_BYTES} bytes at least${secrets.length > 1 ? ' on each side of the comma' : ''}`
            : undefined
  return message === undefined ? [] : [{ field: 'JWT_SECRET', message }]
}

/** Returns the only algorithm that an RSA, P-256 or Ed25519 key is accepted for. */
const algorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): JwtAlgorithm | undefined => {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256'
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256'
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : undefined
}

function checkPublicKey(text: string, names: string[]): FieldErrors {
  const pems = listPublicKeys(text)
  const error = (message: string) => [{ field: 'JWT_PUBLIC_KEY', message }]
  if (text.includes('PRIVATE KEY')) return error('is a private key, which belongs nowhere but to the platform')
  if (pems.length > MAX_KEYS) return error('may hold two keys at most')
  try {
    for (const pem of pems) {
      const algorithm = algorithmOf(createPublicKey(pem))
      if (algorithm === undefined) return error('must be an RSA key of 2048 bits or more, a P-256 or an Ed25519 key')
      if (names.length !== 1 || names[0] !== algorithm) return error(`is a key for ${algorithm} alone`)
    }
    return []
  } catch {
    return error('is not a public key in PEM')
  }
}
