import { toHttpUrl } from '../transport/address.js'
import { ChatError } from '../transport/chat-error.js'
import type { Settings } from '../transport/options.js'
import type { UploadedFile } from './upload.js'

/** What came of one try. */
export type Outcome = UploadedFile | ChatError

export const unreachable = () => new ChatError(0, 'The service cannot be reached')
export const urlOf = ({ baseUrl }: Settings) => toHttpUrl(baseUrl, 'upload/', {})
