'use client'

export { useChat, type Chat } from './use-chat.js'
export type { ChatActions, ChatSnapshot, PendingMessage } from './chat-store.js'
