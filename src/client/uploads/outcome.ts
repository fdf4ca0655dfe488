import { toHttpUrl } from '../transport/address.js'
import { ChatError } from '../transport/chat-error.js'
import { isObject } from '../transport/is-object.js'
import type { Settings } from '../transport/options.js'
import type { UploadedFile } from './upload.js'

/** What came of one try. */
export type Outcome = UploadedFile | ChatError

export const unreachable = () => new ChatError(0, 'The service cannot be reached')
/** Trying again would not help: the fault is the application's. */
export const unreadable = (cause: unknown) =>
  new ChatError(0, 'The file could not be read, or `onProgress` has failed', 'unreadable', [], undefined, cause)
/** Whether an answer names the file. */
export const isUploaded = (answer: unknown): answer is UploadedFile =>
  isObject(answer) && typeof answer['url'] === 'string'
export const urlOf = ({ baseUrl }: Settings) => toHttpUrl(baseUrl, 'upload/', {})
