import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import type { Test } from 'tap'

/** A mail that the server has received. */
export interface ReceivedMail {
  from: string
  to: string[]
  /** By lower-case name, unfolded. */
  headers: Record<string, string>
  body: string
}

export interface MailServer {
  url: string
  mails: ReceivedMail[]
  /** Refuses the next mails with an SMTP status; undefined accepts them. */
  refuse(status: number | undefined): void
  /** Receives mails to this address, but never answers. */
  hold(address: string): void
}

/** Starts an SMTP server for one test. */
export async function startMailServer(t: Pick<Test, 'teardown'>): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  let status: number | undefined
  const held = new Set<string>()
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, { envelope }, callback) {
      void text(stream).then((source) => {
        if (envelope.rcptTo.some(({ address }) => held.has(address))) return undefined
        if (status !== undefined) return callback(Object.assign(new Error('Not now'), { responseCode: status }))
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parse(source) })
        return callback()
      })
    },
  })
  const { port, close } = await listen(server)
  t.teardown(close)
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuse: (next) => (status = next),
    hold: (address) => held.add(address),
  }
}

async function listen(server: SMTPServer): Promise<{ port: number; close: () => Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

function parse(source: string): Pick<ReceivedMail, 'headers' | 'body'> {
  const [head = '', ...rest] = source.split('\r\n\r\n')
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { headers, body: decode(rest.join('\r\n\r\n'), headers['content-transfer-encoding']) }
}

function decode(body: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const joined = body.replaceAll('=\r\n', '')
  const bytes = joined.replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
