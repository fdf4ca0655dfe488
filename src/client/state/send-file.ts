import { createRandomId } from '../transport/random-id.js'
import type { FileSource, Upload, UploadOptions } from '../uploads/upload.js'
import type { Message } from '../../protocol/wire.js'
import type { MessageInput } from './outbox.js'

/** A message with a file, which is uploaded first. */
export interface FileMessageInput
  extends Omit<MessageInput, 'attachment_url' | 'attachment_type'>, Pick<UploadOptions, 'onProgress' | 'signal'> {
  file: FileSource
}

export interface SendFileDeps {
  /** Tries again over cuts. */
  upload: Upload
  send(input: MessageInput & { session_id?: number }): Promise<Message>
}

/**
 * Uploads a file and sends the message that names it, as one act, and once. The same `client_message_id` again, while it is
 * under way, is the same act.
 */
export function createFileSender({ upload, send }: SendFileDeps) {
  const underWay = new Map<string, Promise<Message>>()

  async function act({ file, onProgress, signal, ...message }: FileMessageInput & { session_id?: number }) {
    const { session_id } = message
    const { url, type } = await upload(file, {
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
