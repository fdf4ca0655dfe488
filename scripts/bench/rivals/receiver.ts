/** A receiver of webhooks that takes everything, in a process of its own. */
import { createServer } from 'node:http'

createServer((request, response) => {
  request.resume()
  request.once('end', () => response.writeHead(204).end())
}).listen(Number(process.env['PORT']), '127.0.0.1')
