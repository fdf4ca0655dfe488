import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { Frame } from '../clients/socket-client.js'
import type { Side } from '../../../src/protocol/account.js'

const PATIENCE_MS = 3000

export interface WriterOptions {
  name: string
  side: Side
  account: { token: string }
  sessionId: number
  origins(): string[]
  random(): number
  over: 'socket' | 'http'
  /** The pause between two messages. */
  pauseMs: number
  /** The length of each message in characters. */
  size?: number
  /** Cuts its connection right after some sends, so that their acknowledgements are lost. */
  cutsAfterSend?: number
  /** While it returns true, no new message is sent. */
  isPaused?(): boolean
}

/** A client that sends messages one by one, and repeats each until it is acknowledged. */
export interface Writer {
  /** Message ids by client_message_id. */
  acknowledged: Map<string, number>
  /** The time to each acknowledgement, retries included. */
  latenciesMs: number[]
  counts: { retries: number }
  /** Whether it is paused and idle. */
  isIdle(): boolean
  stop(): Promise<void>
}

export function startWriter(t: Pick<Test, 'teardown'>, options: WriterOptions): Writer {
  const { name, side, account, sessionId, origins, random, over, pauseMs } = options
  const { size = 20, cutsAfterSend = 0, isPaused = () => false } = options
  const acknowledged = new Map<string, number>()
  const latenciesMs: number[] = []
  const counts = { retries: 0 }
  let isStopped = false
  let isIdle = false
  let socket: WebSocket | undefined

  /** The send that waits for its acknowledgement. */
  let pendingSend: { id: string; resolve(id: number | undefined): void } = { id: '', resolve: () => undefined }

  const hasStopped = () => isStopped
  const pick = () => {
    const here = origins()
    return here[Math.floor(random() * here.length)]
  }

  async function attemptByHttp(body: object): Promise<number | undefined> {
    const origin = pick()
    if (origin === undefined) return undefined
    const answer = await fetch(`${origin}/v1/chat/${side}/message/`, {
      method: 'POST',
      headers: { authorization: `Token ${account.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (answer.status !== 200) return undefined
    const { message } = (await answer.json()) as { message: { id: number } }
    return message.id
  }

  async function attemptBySocket(body: { client_message_id: string }): Promise<number | undefined> {
    const here = (socket ??= await open())
    if (here === undefined) return undefined
    const answer = new Promise<number | undefined>((resolve) => (pendingSend = { id: body.client_message_id, resolve }))
    const timer = setTimeout(() => here.terminate(), PATIENCE_MS)
    here.send(JSON.stringify({ type: 'message', payload: body }), () => undefined)
    if (random() < cutsAfterSend) void delay(random() * 5).then(() => here.terminate())
    if (here.readyState !== here.OPEN) pendingSend.resolve(undefined)
    try {
      return await answer
    } finally {
      clearTimeout(timer)
    }
  }

  async function open(): Promise<WebSocket | undefined> {
    const origin = pick()
    if (origin === undefined) return undefined
    const opened = new WebSocket(`${origin.replace(/^http/, 'ws')}/v1/chat/ws/${side}/`, {
      headers: { authorization: `Token ${account.token}` },
      handshakeTimeout: PATIENCE_MS,
    })
    opened.on('error', () => undefined)
    opened.on('message', (data) => {
      const { type, payload } = JSON.parse((data as Buffer).toString()) as Frame
      const id = type === 'message' ? payload.message.client_message_id : payload.client_message_id
      if (id !== pendingSend.id) return
      if (type === 'message') pendingSend.resolve(payload.message.id as number)
      else if (type === 'error') pendingSend.resolve(undefined)
    })
    opened.once('close', () => {
      if (socket !== opened) return
      socket = undefined
      pendingSend.resolve(undefined)
    })
    const isOpen = await new Promise<boolean>((resolve) => {
      opened.once('open', () => resolve(true))
      opened.once('close', () => resolve(false))
    })
    return isOpen ? opened : undefined
  }

  async function waitWhilePaused(): Promise<void> {
    while (isPaused() && !isStopped) {
      isIdle = true
      await delay(10)
    }
    isIdle = false
  }

  async function run(): Promise<void> {
    for (let index = 0; !isStopped; index++) {
      await waitWhilePaused()
      if (hasStopped()) return
      const client_message_id = `${name}.${index}`
      const content = `${client_message_id} ${'x'.repeat(size)}`
      const body = { content, client_message_id, ...(side === 'admin' && { session_id: sessionId }) }
      const startedAt = performance.now()
      for (;;) {
        const id = await (over === 'http' ? attemptByHttp(body) : attemptBySocket(body)).catch(() => undefined)
        if (id !== undefined) {
          acknowledged.set(client_message_id, id)
          latenciesMs.push(performance.now() - startedAt)
          break
        }
        if (hasStopped()) return
        counts.retries++
        await delay(20 + random() * 50)
      }
      await delay(pauseMs * (0.5 + random()))
    }
  }

  const running = run()
  const stop = async () => {
    isStopped = true
    await running
    socket?.terminate()
  }
  t.teardown(stop)
  return { acknowledged, latenciesMs, counts, isIdle: () => isIdle, stop }
}
