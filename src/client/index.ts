export { connectAdmin, type AdminClient, type ListPage, type SessionFilter } from './admin-client.js'
export type {
  DeskCalls,
  NotePage,
  Report,
  ReportQuery,
  ReportRow,
  SearchHit,
  SearchPage,
  SearchQuery,
  Span,
} from './desk-calls.js'
export { ChatError, type FieldError } from './transport/chat-error.js'
export type { ChatClient } from './client.js'
export type { ClientEvents } from './client-events.js'
export type { State } from './transport/connection.js'
export type { ConnectOptions, Timing, Token, WebSocketLike } from './transport/options.js'
export type { MessageInput } from './state/outbox.js'
export type { FileMessageInput } from './state/send-file.js'
export type { FileSource, UploadedFile, UploadOptions, UploadProgress } from './uploads/upload.js'
export { connectStore, type HistoryPage, type StoreClient } from './store-client.js'
export type * from '../protocol/desk.js'
export type * from '../protocol/frames.js'
export type * from '../protocol/wire.js'
