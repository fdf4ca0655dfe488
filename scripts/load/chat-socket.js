import { WebSocket } from 'k6/websockets'

/** @typedef {import('./settings.js').Account} Account */
/** @typedef {{ id: number, session_id: number, sender_type: string, content: string }} Message */
/**
 * The fields of a frame's payload that the scripts read.
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
 * Opens a socket and calls a listener for each frame. `closed` is called once, also if the socket could not be opened.
 * @param {'store' | 'admin'} side
 * @param {string} node
 * @param {Account} account
 * @param {Listeners} listeners
 */
export function openSocket(side, node, { token }, listeners) {
  // In the query, as browsers send it.
  const url = `${node.replace(/^http/, 'ws')}/v1/chat/ws/${side}/?token=${encodeURIComponent(token)}`
  const socket = new WebSocket(url, null, { tags: { name: `ws/${side}` } })
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
  // Without a listener k6 prints the error, which the close reports as well.
  socket.onerror = () => undefined
  socket.onclose = close
  return {
    /**
     * Returns false, and sends nothing, if the socket is not open.
     * @param {string} type
     * @param {object} payload
     */
    send(type, payload = {}) {
      if (!isOpen) return false
      socket.send(JSON.stringify({ type, payload }))
      return true
    },
    /** Closes it without calling `closed`. */
    close() {
      isClosed = true
      // k6 hangs for ever when a socket is closed that is not open yet and then cannot be opened.
      if (isOpen) socket.close()
      else socket.onopen = () => socket.close()
      isOpen = false
    },
  }
}
