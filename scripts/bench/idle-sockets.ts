import { WebSocket } from 'ws'
import { until } from '../../test/support/until.js'
import { seedAccounts, storeToken } from './seed.js'
import { product, rival, type Server, type Services } from './services.js'

const SOCKETS = 10_000
const AT_ONCE = 100

/** What an idle socket costs a server in memory, in bytes after a full collection. */
export async function compareIdleSockets({ databaseUrl, startServer }: Services): Promise<string> {
  await seedAccounts(databaseUrl, SOCKETS, 1)
  const ours = await startServer(product, { DATABASE_URL: databaseUrl })
  const raw = await startServer(
    ['--expose-gc', '--import', './scripts/bench/report-memory.mjs', ...rival('raw-sockets')],
    {},
  )
  const rows = [
    [
      'store-chat, authenticated, a store each',
      await measure(ours, (id) => `/v1/chat/ws/store/?token=${storeToken(id)}`),
    ],
    ['raw ws', await measure(raw, () => '/')],
  ] as const
  await Promise.all([ours, raw].map((server) => server.stop()))
  const [[, own], [, limit]] = rows
  const lines = rows.map(([name, bytes]) => `| ${name} | ${bytes.toFixed(0)} |`)
  const verdict = `store-chat takes ${(own - limit).toFixed(0)} bytes more than raw ws.`
  return [`### ${SOCKETS} idle sockets`, '', '| | bytes a socket |', '|---|---|', ...lines, '', verdict, ''].join('\n')
}

async function measure(server: Server, pathOf: (id: number) => string): Promise<number> {
  // The first ones pay for what is shared.
  const warm = await open(server, pathOf, 1, 200)
  const before = Number(await server.ask('SIGUSR2'))
  const sockets = await open(server, pathOf, 201, SOCKETS)
  await new Promise((resolve) => setTimeout(resolve, 6000))
  const after = Number(await server.ask('SIGUSR2'))
  for (const socket of [...warm, ...sockets]) socket.terminate()
  return (after - before) / sockets.length
}

async function open(server: Server, pathOf: (id: number) => string, first: number, last: number): Promise<WebSocket[]> {
  const sockets: WebSocket[] = []
  for (let id = first; id <= last; id += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, last - id + 1) }, (_, index) => {
      return new WebSocket(server.origin.replace('http', 'ws') + pathOf(id + index), { perMessageDeflate: false })
    })
    sockets.push(...some)
    await until(() => some.every((socket) => socket.readyState === WebSocket.OPEN), 30_000, 'sockets open')
  }
  return sockets
}
