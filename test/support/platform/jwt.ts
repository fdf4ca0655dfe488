import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose'
import type { Test } from 'tap'

export const ISSUER = 'https://market.example'
export const AUDIENCE = 'chat'
export const SECRET = randomBytes(32).toString('hex')

/** A key pair of the platform, with its algorithm. */
export interface SigningKey {
  alg: 'RS256' | 'ES256' | 'EdDSA'
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

export function createKey(alg: SigningKey['alg'], kid: string = alg): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return { alg, kid, ...pair }
}

export const toPem = ({ publicKey }: SigningKey) => publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** The time in whole seconds, as in most JWTs. */
export const nowInSeconds = () => Math.floor(Date.now() / 1000)

/** Claims of a JWT, valid or not. */
export type Claims = Record<string, unknown>

/** Adds the default claims of a platform. An undefined claim is left out. */
const completeClaims = (claims: Claims): JWTPayload => {
  const now = nowInSeconds()
  return { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 3600, ...claims }
}

/** Signs a JWT with a key, or with a shared secret. */
export async function sign(
  claims: Claims,
  key: SigningKey | string = SECRET,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const defaults = typeof key === 'string' ? { alg: 'HS256' } : { alg: key.alg, kid: key.kid }
  const signer = typeof key === 'string' ? new TextEncoder().encode(key) : key.privateKey
  return new SignJWT(completeClaims(claims)).setProtectedHeader({ ...defaults, ...header }).sign(signer)
}

/** A platform that publishes its keys. */
export interface KeyServer {
  url: string
  keys: SigningKey[]
  /** The number of requests so far. */
  requests: number
  /** An answer that replaces the keys. */
  fault?: { status: number; body: string } | undefined
  stop(): Promise<void>
}

export async function startKeyServer(t: Test, keys: SigningKey[]): Promise<KeyServer> {
  const answer = async (response: ServerResponse) => {
    server.requests++
    if (server.fault) return response.writeHead(server.fault.status).end(server.fault.body)
    const jwks = server.keys.map(async ({ publicKey, kid, alg }) => ({ ...(await exportJWK(publicKey)), kid, alg }))
    return response.writeHead(200).end(JSON.stringify({ keys: await Promise.all(jwks) }))
  }
  const http = createServer((_request, response) => void answer(response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const server: KeyServer = {
    url: `http://127.0.0.1:${port}/jwks.json`,
    keys,
    requests: 0,
    async stop() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  t.teardown(() => server.stop())
  return server
}
