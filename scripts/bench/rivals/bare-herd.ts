/**
 * The upper bound: ws, and one prepared statement for each socket, which finds the account and its session. No other
 * checks.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { Pool } from 'pg'
import { WebSocketServer } from 'ws'

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
const text = `
  select json_build_object('type', 'ready', 'payload', json_build_object('session', s))::text as frame
  from access_token t left join chat_session s on s.store_id = t.store_id and s.status <> 'closed' where t.hash = $1`

const server = createServer((_request, response) => response.end())
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
server.on('upgrade', (request, socket, head) => {
  const token = new URL(request.url ?? '', 'http://localhost').searchParams.get('token') ?? ''
  const hash = createHash('sha256').update(token).digest()
  pool.query<{ frame: string }>({ name: 'enter', text, values: [hash] }).then(
    ({ rows }) => {
      const frame = rows[0]?.frame
      if (frame === undefined) socket.destroy()
      else sockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.send(frame))
    },
    () => socket.destroy(),
  )
})
server.listen(Number(process.env['PORT']), '127.0.0.1', 65_535)
