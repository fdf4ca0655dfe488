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
  /**
   * Counts bytes as unread of the account until the response is over. Returns what is to be called whenever a piece of it is
   * read; a reader that stalls is cut.
   */
  track(reply: FastifyReply, bytes: number, account: string): () => void
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

  function track(reply: FastifyReply, bytes: number, account: string): () => void {
    // A response that is over emits no `close` any more.
    if (reply.raw.destroyed || reply.raw.closed) return () => undefined
    let isOver = false
    const note = () => {
      if (!isOver) readAt.set(reply, performance.now())
    }
    note()
    const forget = work.countUnread(account, bytes)
    reply.raw.once('close', () => {
      isOver = true
      readAt.delete(reply)
      forget()
    })
    return note
  }

  return {
    send(reply, text, account) {
      const bytes = Buffer.byteLength(text)
      reply.header('content-length', bytes)
      return new TextStream(text, track(reply, bytes, account))
    },
    track,
    close: () => clearInterval(timer),
  }
}
