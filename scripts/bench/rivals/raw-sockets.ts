/** The upper bound: ws alone, without accounts. */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const server = createServer((_request, response) => response.end())
new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on('connection', (socket) => {
  socket.on('message', () => undefined)
  socket.on('error', () => undefined)
})
server.listen(Number(process.env['PORT']), '127.0.0.1', 65_535)
