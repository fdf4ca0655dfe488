import { WebSocket } from 'k6/websockets'

/** @typedef {import('./settings.js').Account} Account */
/** @typedef {{ id: number, session_id: number, sender_type: string, content: string }} Message */
/**
 * What a frame holds, as far as it is looked at.
 * @typedef {object} Frames
 * @property {{ session: { id: number, seq: number } | null }} ready
 * @property {{ message: Message, seq: number }} message
 * @property {{ session: { id: number, store_id: number, status: string }, seq: number }} session_update
 * @property {{ session_id: number, status: string, up_to_message_id: number, by: string }} message_status
 * @property {{ session: { id: number }, messages: Message[], seq: number, complete: boolean }} sync
 * @property {{ note: { session_id: number } }} note
 * @property {{ session_id: number }} session_details
 * @property {{ code: string, message: string }} error
 */
/**
 * @typedef {{ [T in keyof Frames]?: (payload: Frames[T]) => void } & { closed?: () => void }} Listeners
 * @typedef {ReturnType<typeof openSocket>} ChatSocket
 */

/**
 * Opens a socket and tells of its frames. `closed` comes once, also when it could not be opened.
 * @param {'store' | 'admin'} side
 * @param {string} node
 * @param {Account} account
 * @param {Listeners} listeners
 */
export function openSocket(side, node, { token }, listeners) {
  const url = `${node.replace(/^http/, 'ws')}/v1/chat/ws/${side}/`
  const socket = new WebSocket(url, null, {
    headers: { authorization: `Token ${token}` },
    tags: { name: `ws/${side}` },
  })
  let isOpen = false
  let isClosed = false
  const close = () => {
    isOpen = false
    if (!isClosed) listeners.closed?.()
    isClosed = true
  }
  socket.onopen = () => {
    isOpen = true
  }
  socket.onmessage = (event) => {
    const { type, payload } = JSON.parse(String(event?.data))
    listeners[/** @type {keyof Frames} */ (type)]?.(payload)
  }
  // k6 would print what a close tells anyway.
  socket.onerror = () => undefined
  socket.onclose = close
  return {
    /**
     * False when it is not open: then nothing was sent.
     * @param {string} type
     * @param {object} payload
     */
    send(type, payload = {}) {
      if (!isOpen) return false
      socket.send(JSON.stringify({ type, payload }))
      return true
    },
    /** Ends it without `closed`. */
    close() {
      isOpen = false
      isClosed = true
      socket.close()
    },
  }
}
