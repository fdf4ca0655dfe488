import { ChatError } from '../../client/index.js'
import { translate } from '../languages/translate.js'

/** For people: what the service says stays as it is; what the client finds out by itself is told in the page's language. */
export function describeError(error: unknown): string {
  if (!(error instanceof ChatError)) return String(error)
  if (error.code === 'offline') return translate('error.unreachable')
  return error.code === 'closed' ? translate('error.disconnected') : error.message
}
