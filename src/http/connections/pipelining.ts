import type { Socket } from 'node:net'
import plugin from 'fastify-plugin'

/** Pipelined requests of a connection that may wait for the answers before theirs. Few clients pipeline, and these send less. */
const MOST_WAITING = 100

/**
 * Begins a pipelined request when the answers before its own are over. Node.js begins all at once, and keeps their answers in
 * memory while nobody reads the first. When the connection ends, it tells only the answer that is being written: those behind
 * would keep their files open, and their memory counted, for good.
 */
export const pipeliningPlugin = plugin(
  async (app) => {
    const waiting = new WeakMap<Socket, number>()

    app.addHook('onRequest', ({ raw: { socket } }, { raw }, done) => {
      // Node.js gives the connection to a response whose turn it is.
      if (raw.socket !== null) return done()
      const count = (waiting.get(socket) ?? 0) + 1
      waiting.set(socket, count)
      // Nothing was begun: what waits is forgotten with the connection.
      if (count > MOST_WAITING) return void socket.destroy()
      raw.once('socket', () => {
        waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
        done()
      })
    })
  },
  { name: 'pipelining' },
)
