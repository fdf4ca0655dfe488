import type { FastifyReply } from 'fastify'
import { createPeakCollector } from '../memory/collect-garbage.js'
import type { AccountWork } from './account-work.js'
import type { TextStream } from './text-stream.js'

/** A reader that reads nothing for this long is cut. */
const STALL_MS = 10_000
const CHECK_INTERVAL_MS = 1000
/** Collecting stops a process for up to about 100 ms, so it waits until no large answer was sent for this long. */
const IDLE_MS = 6000

/** Sends long texts in pieces, as fast as they are read, and cuts readers that stall. */
export interface LargeAnswers {
  /** Counts a stream that is sent as an answer as unread of the account, until the response is over. */
  send(reply: FastifyReply, stream: TextStream, account: string): TextStream
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
  const peak = createPeakCollector()
  /** Until the memory has been looked at after the last answer. */
  let isPeak = false
  let idleSince = 0

  function cutStalled(): void {
    const now = performance.now()
    for (const [reply, at] of readAt) if (now - at > stallMs) reply.request.raw.socket.destroy()
    // An idle process collects nothing: what a peak has left would stay for minutes.
    if (!isPeak || readAt.size > 0 || now - idleSince < IDLE_MS) return
    isPeak = false
    peak.end()
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
    if (!isPeak) peak.begin()
    isPeak = true
    const forget = work.countUnread(account, bytes)
    reply.raw.once('close', () => {
      isOver = true
      readAt.delete(reply)
      idleSince = performance.now()
      forget()
    })
    return note
  }

  return {
    send(reply, stream, account) {
      const { bytes } = stream
      reply.header('content-length', bytes)
      stream.onRead = track(reply, bytes, account)
      return stream
    },
    track,
    close: () => clearInterval(timer),
  }
}
