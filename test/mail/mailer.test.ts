import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { until } from '../../harness/until.js'
import { createMailCounts } from '../../src/mail/mail-counts.js'
import { createMailer, type Mail } from '../../src/mail/mailer.js'

const mail: Mail = { to: 'a@example.com', subject: 's', text: 't', messageId: '<1@example.com>', headers: {} }
const never = new AbortController().signal
const INTERVAL_MS = 20

t.test('a server that answers byte by byte is given up at the deadline, and so is its connection', async (t) => {
  const sockets: Socket[] = []
  const counts = createMailCounts()
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
    socket.write('220 drip.example\r\n')
    // An answer of many lines that never ends.
    const timer = setInterval(() => socket.write('250-drip.example\r\n'), INTERVAL_MS)
    socket.once('close', () => clearInterval(timer)).resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const open = (timeoutMs: number) => {
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'b@example.com', counts, timeoutMs })
    t.teardown(() => mailer.close())
    return mailer
  }
  await t.rejects(open(200).send(mail, never))
  t.strictSame(counts, { sent: 0, refused: 0, failed: 1, unaddressed: 0 })

  const closing = new AbortController()
  const sending = open(600_000).send(mail, closing.signal)
  const ended = t.rejects(sending, 'or when the node closes')
  await until(() => sockets.length === 2, 10_000, 'it is connected')
  closing.abort()
  await ended
  t.equal(counts.failed, 1, 'what the node itself cuts off says nothing of the server')
  await until(() => sockets.every(({ closed }) => closed), 10_000, 'no connection is left')
})
