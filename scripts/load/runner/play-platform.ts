import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

const PLATFORM_TOKEN = 'platform-token-of-the-load-test'
/** Of every EVENTS requests, the receiver answers the last FAILING_EVENTS with 503. */
const EVENTS = 500
const FAILING_EVENTS = 50
/** One of every MAILS mails is refused for now. */
const MAILS = 10

/** The systems around an installation: a receiver of webhooks, a mail server, and the keys that sign JWTs. */
export interface Platform {
  /** Settings of the nodes. */
  environment: Record<string, string>
  /** Creates the webhook, and makes the first admin a supervisor. */
  register(origin: string): Promise<void>
  close(): Promise<void>
}

export async function playPlatform(): Promise<Platform> {
  const web = await serveWeb()
  const mail = await takeMails()
  const receiver = `http://127.0.0.1:${web.port}`
  return {
    environment: {
      PLATFORM_TOKEN,
      PUBLIC_URL: 'https://chat.example.com',
      WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
      WEBHOOK_RETRY_SECONDS: '2',
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      MAIL_FROM: 'Support <support@example.com>',
      MAIL_AFTER_MINUTES: '0',
      JWT_ALGORITHMS: 'ES256',
      JWT_JWKS_URL: `${receiver}/jwks.json`,
    },
    async register(origin) {
      await call(origin, 'POST', 'webhooks/', { url: `${receiver}/events` })
      await call(origin, 'PUT', 'admins/1/', { name: 'Ada', role: 'supervisor' })
    },
    async close() {
      await web.close()
      await mail.close()
    },
  }
}

async function call(origin: string, method: string, path: string, body: object): Promise<void> {
  const headers = { authorization: `Token ${PLATFORM_TOKEN}`, 'content-type': 'application/json' }
  const answer = await fetch(`${origin}/v1/chat/platform/${path}`, { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${await answer.text()}`)
}

async function serveWeb() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'first', alg: 'ES256' }] })
  let events = 0
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/jwks.json') response.writeHead(200).end(keys)
    else response.writeHead(++events % EVENTS >= EVENTS - FAILING_EVENTS ? 503 : 204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function takeMails() {
  let mails = 0
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, callback) {
      stream.resume().once('end', () => {
        if (++mails % MAILS !== 0) callback()
        else callback(Object.assign(new Error('Not now'), { responseCode: 451 }))
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}
