/**
 * A receiver of webhooks that accepts everything, in a process of its own. A GET returns the delays of the events
 * received since the last GET: milliseconds from the event to its receipt.
 */
import { createServer } from 'node:http'

let delays: number[] = []

createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(delays))
    delays = []
    return
  }
  // The time of the event is at the start of the body.
  request.once('data', (start: Buffer) => {
    const at = /"timestamp":"([^"]+)"/.exec(start.toString('latin1', 0, 100))?.[1]
    if (at !== undefined) delays.push(Date.now() - Date.parse(at))
  })
  request.resume()
  request.once('end', () => response.writeHead(204).end())
}).listen(Number(process.env['PORT']), '127.0.0.1')
