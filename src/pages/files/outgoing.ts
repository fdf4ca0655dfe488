import { signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { ChatError, type ChatClient, type Message, type MessageInput } from '../../client/index.js'
import type { ChosenFile } from './chosen-files.js'
import { describeUploadError } from './describe-upload-error.js'
import { limitConcurrency } from './limit-concurrency.js'
import { addSize } from './pictures/picture-size.js'
import type { Preview } from './pictures/preview.js'

/** Over HTTP/1.1 a browser opens six connections per host, and the conversation needs some of them. */
const MOST_AT_ONCE = 3

/** The fields of a message that refer to an uploaded file. */
export type UploadedAttachment = Required<Pick<MessageInput, 'attachment_url' | 'attachment_type'>>

/** A message that is being sent. It is JSON-serializable, for the browser's storage. */
export interface OutgoingMessage {
  id: string
  /** Empty for a message that consists of a file alone. */
  content: string
  file?: Pick<File, 'name' | 'size' | 'type'>
  /** Set once the file is uploaded. */
  attachment?: UploadedAttachment
}

/** The file of a message. It exists only in the page in which it was chosen. */
export interface OutgoingFile {
  preview: ReadonlySignal<Preview | undefined>
  /** The uploaded fraction, from 0 to 1. */
  progress: ReadonlySignal<number>
}

export interface Transport {
  upload: ChatClient['upload']
  send(input: MessageInput): Promise<Message>
}

/** Sends messages, with and without files, in the order of the calls of `send`. */
export interface Outgoing {
  /** Registers the file of a message, before `send`. */
  attach(messageId: string, chosen: ChosenFile): void
  find(messageId: string): OutgoingFile | undefined
  /**
   * Uploads the file, unless it is already uploaded, calls `onUploaded`, and sends the message after all earlier ones.
   * Uploads run in parallel.
   * @throws ChatError `file`, with a translated message, when the file cannot be uploaded
   */
  send(message: OutgoingMessage, onUploaded: (attachment: UploadedAttachment) => void): Promise<Message>
  /** Aborts the upload of a message: its `send` rejects. */
  abort(messageId: string): void
  /** Aborts the upload of a message, and releases its file. */
  forget(messageId: string): void
  isUploading(): boolean
  /** Aborts all uploads. */
  close(): void
}

interface QueueEntry {
  leave?: () => void
}

export function createOutgoing({ upload, send }: Transport): Outgoing {
  const files = new Map<string, ChosenFile & { progress: Signal<number> }>()
  const uploads = new Map<string, AbortController>()
  const runLimited = limitConcurrency(MOST_AT_ONCE)
  /** A FIFO queue: messages with an upload in progress, and the messages that wait behind them. */
  const queue: QueueEntry[] = []

  /** Calls `leave` when all earlier messages have left the queue. */
  function leaveQueue(entry: QueueEntry, leave: () => void): void {
    entry.leave = leave
    while (queue[0]?.leave !== undefined) queue.shift()?.leave?.()
  }

  async function uploadFile(messageId: string): Promise<UploadedAttachment> {
    const chosen = files.get(messageId)
    if (chosen === undefined) throw new ChatError(0, 'The file is not there any more', 'file')
    const { file, preview, progress } = chosen
    const end = new AbortController()
    uploads.set(messageId, end)
    progress.value = 0
    const onProgress = ({ sent, total = file.size }: { sent: number; total?: number }) =>
      (progress.value = Math.min(1, sent / Math.max(1, total)))
    try {
      const act = () => upload(file, { repeat: true, onProgress, signal: end.signal })
      const { url, type } = await runLimited(act, end.signal)
      const size = preview.value?.size
      return { attachment_url: size === undefined ? url : addSize(url, size), attachment_type: type }
    } catch (error) {
      if (error instanceof ChatError && ['closed', 'unauthorized'].includes(error.code)) throw error
      throw new ChatError(0, await describeUploadError(error, file), 'file')
    } finally {
      uploads.delete(messageId)
    }
  }

  const abort = (messageId: string) => uploads.get(messageId)?.abort()

  return {
    attach: (messageId, chosen) => void files.set(messageId, { ...chosen, progress: signal(0) }),
    find: (messageId) => files.get(messageId),
    send({ id, content, file, attachment }, onUploaded) {
      const entry: QueueEntry = {}
      queue.push(entry)
      return new Promise((resolve, reject) => {
        const handOver = (uploaded?: UploadedAttachment) =>
          leaveQueue(entry, () => {
            const input = { client_message_id: id, ...(content !== '' && { content }), ...uploaded }
            send(input).then(resolve, reject)
          })
        if (file === undefined || attachment !== undefined) {
          handOver(attachment)
          return
        }
        uploadFile(id).then(
          (uploaded) => {
            onUploaded(uploaded)
            handOver(uploaded)
          },
          (error: unknown) =>
            leaveQueue(entry, () => reject(error instanceof Error ? error : new Error(String(error)))),
        )
      })
    },
    abort,
    forget(messageId) {
      abort(messageId)
      files.delete(messageId)
    },
    isUploading: () => uploads.size > 0,
    close: () => uploads.forEach((end) => end.abort()),
  }
}
