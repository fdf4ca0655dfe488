import type { FastifyReply } from 'fastify'
import type { AccountWork } from './account-work.js'
import { TextStream } from './text-stream.js'

/** A reader that reads nothing for this long is cut. */
const STALL_MS = 10_000
const CHECK_INTERVAL_MS = 1000

/** Sends long texts in pieces, as fast as they are read, and cuts readers that stall. */
export interface LargeAnswers {
  /** Returns the stream to send instead of a text. Its bytes count as unread of the account until the response is over. */
  send(reply: FastifyReply, text: string, account: string): TextStream
  close(): void
}

export function createLargeAnswers(work: AccountWork, stallMs = STALL_MS): LargeAnswers {
  /** When each response was last read from. */
  const readAt = new Map<FastifyReply, number>()

  function cutStalled(): void {
    const now = performance.now()
    for (const [reply, at] of readAt) if (now - at > stallMs) reply.request.raw.socket.destroy()
  }
  const timer = setInterval(cutStalled, Math.min(CHECK_INTERVAL_MS, stallMs))
  timer.unref()

  return {
    send(reply, text, account) {
      const bytes = Buffer.byteLength(text)
      reply.header('content-length', bytes)
      const note = () => readAt.set(reply, performance.now())
      // A response that is over emits no `close` any more.
      if (reply.raw.destroyed || reply.raw.closed) return new TextStream(text, () => undefined)
      note()
      const forget = work.countUnread(account, bytes)
      let isOver = false
      reply.raw.once('close', () => {
        isOver = true
        readAt.delete(reply)
        forget()
      })
      return new TextStream(text, () => {
        if (!isOver) note()
      })
    },
    close: () => clearInterval(timer),
  }
}
