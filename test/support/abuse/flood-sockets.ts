import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { ATTACKER_ADDRESS, count, isOver, originOf, RECONNECT_MS, type Attack, type Counts } from './wire.js'

export interface SocketFlood {
  side?: 'store' | 'admin'
  tokens?: string[]
  sockets: number
  /** Frames that each socket sends at once when it opens. */
  burst?: number
  /** Frames per second of each socket after that. */
  perSecond?: number
  next(number: number): { type: string; payload?: unknown } | string
  /** Whether the sockets read nothing. */
  isDeaf?: boolean
  /** Closes each socket this long after it opened. Default: never. */
  livesMs?: number
}

/** Opens sockets that send frames, and reconnect when they are closed. */
export async function floodFrames(attack: Attack, flood: SocketFlood): Promise<void> {
  await Promise.all(
    Array.from({ length: flood.sockets }, async (_, index) => {
      while (!isOver(attack)) {
        await floodOneSocket(attack, flood, index)
        if (!isOver(attack)) await delay(RECONNECT_MS)
      }
    }),
  )
}

async function floodOneSocket(attack: Attack, flood: SocketFlood, index: number): Promise<void> {
  const {
    side = 'store',
    tokens = [attack.token],
    burst = 0,
    perSecond = 0,
    isDeaf = false,
    livesMs = Infinity,
  } = flood
  const socket = openSocket(attack, side, tokens[index % tokens.length] ?? '', index)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const opened = await Promise.race([new Promise((resolve) => socket.once('open', () => resolve(true))), closed])
  if (opened !== true) return
  count(attack.counts, 'opened')
  if (isDeaf) socket.pause()
  const endsAt = Math.min(attack.endsAt, Date.now() + livesMs)
  const continues = () => Date.now() < endsAt && socket.readyState === socket.OPEN
  let number = index * 1_000_000
  const send = () => {
    const frame = flood.next(number++)
    count(attack.counts, 'sent')
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame), () => undefined)
  }
  for (let first = 0; first < burst; first++) send()
  while (continues()) {
    await Promise.race([closed, delay(perSecond > 0 ? 1000 / perSecond : 50)])
    if (perSecond > 0 && continues()) send()
  }
  if (socket.readyState !== socket.OPEN) return
  socket.removeAllListeners('close')
  socket.terminate()
}

/** Opens a socket that counts refusals, close codes and received errors. */
export function openSocket(attack: Attack, side: 'store' | 'admin', token: string, index: number) {
  const { counts } = attack
  const socket = new WebSocket(`${originOf(attack, index).replace(/^http/, 'ws')}/v1/chat/ws/${side}/?token=${token}`, {
    localAddress: ATTACKER_ADDRESS,
    perMessageDeflate: false,
  })
  socket.on('error', () => undefined)
  socket.on('unexpected-response', (request, { statusCode }) => {
    count(counts, 'refused')
    count(counts, `status ${statusCode}`)
    request.destroy()
    socket.terminate()
  })
  socket.on('message', (data: Buffer) => takeFrame(counts, data))
  socket.on('close', (code) => {
    if (isOver(attack)) return
    count(counts, 'closed')
    count(counts, `close ${code}`)
  })
  return socket
}

function takeFrame(counts: Counts, data: Buffer): void {
  if (data.subarray(0, 15).toString() !== '{"type":"error"') return
  const { payload } = JSON.parse(data.toString()) as { payload: { code: string; message: string } }
  count(counts, `error ${payload.code}`)
  if (payload.code === 'too_many') count(counts, 'refused')
  if (/sessions|session_id/.test(payload.message)) count(counts, 'names the field')
  counts['longest error'] = Math.max(counts['longest error'] ?? 0, data.length)
}
