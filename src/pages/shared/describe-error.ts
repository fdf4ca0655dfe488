import { ChatError } from '../../client/index.js'
import { translate } from '../languages/translate.js'

/** An error text for the user: messages of the service stay unchanged; errors of the client are translated. */
export function describeError(error: unknown): string {
  if (!(error instanceof ChatError)) return String(error)
  if (error.code === 'offline') return translate('error.unreachable')
  return error.code === 'closed' ? translate('error.disconnected') : error.message
}
