import { chooseRepeatMs, chooseRetryMs, delay, isRefusedForNow } from '../transport/backoff.js'
import { ChatError } from '../transport/chat-error.js'
import type { Settings } from '../transport/options.js'
import { createRandomId } from '../transport/random-id.js'
import type { FileSource, Upload, UploadedFile, UploadOptions } from '../uploads/upload.js'
import type { Message } from '../../protocol/wire.js'
import type { MessageInput } from './outbox.js'

/** A message with a file, which is uploaded first. */
export interface FileMessageInput
  extends Omit<MessageInput, 'attachment_url' | 'attachment_type'>, Pick<UploadOptions, 'onProgress' | 'signal'> {
  file: FileSource
}

export interface SendFileDeps {
  settings: Settings
  upload: Upload
  /** Why nothing is sent any more; undefined while the client is in use. */
  findEnd(): ChatError | undefined
  send(input: MessageInput & { session_id?: number }): Promise<Message>
}

/**
 * Uploads a file and sends the message that names it, as one act: again over as many cuts as it takes, and once. An upload
 * that was cut leaves nothing but a file that nobody names. The same `client_message_id` again, while it is under way, is
 * the same act.
 */
export function createFileSender({ settings, upload, findEnd, send }: SendFileDeps) {
  const underWay = new Map<string, Promise<Message>>()

  async function uploadUntilDone(file: FileSource, options: UploadOptions): Promise<UploadedFile> {
    for (let tries = 0; ; tries++) {
      const end = findEnd()
      if (end !== undefined) throw end
      const outcome = await upload(file, options).catch((error: unknown) => error as Error)
      if (!(outcome instanceof Error)) return outcome
      const pauseMs = outcome instanceof ChatError ? choosePauseMs(outcome, tries) : undefined
      if (pauseMs === undefined) throw outcome
      await delay(pauseMs)
    }
  }

  function choosePauseMs(error: ChatError, tries: number): number | undefined {
    if (error.code === 'offline' || error.code === 'no_token')
      return chooseRetryMs(settings.random, settings.timing, tries)
    return isRefusedForNow(error) ? chooseRepeatMs(settings, error, tries) : undefined
  }

  async function act({ file, onProgress, signal, ...message }: FileMessageInput & { session_id?: number }) {
    const { session_id } = message
    const { url, type } = await uploadUntilDone(file, {
      ...(session_id !== undefined && { session_id }),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    })
    return send({ ...message, attachment_url: url, attachment_type: type })
  }

  return (input: FileMessageInput & { session_id?: number }): Promise<Message> => {
    const id = input.client_message_id ?? createRandomId()
    const pending = underWay.get(id)
    if (pending !== undefined) return pending
    const sending = act({ ...input, client_message_id: id }).finally(() => underWay.delete(id))
    underWay.set(id, sending)
    return sending
  }
}
