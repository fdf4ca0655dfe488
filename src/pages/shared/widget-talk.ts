/*
 * What the widget's script and the page that it frames say to each other. The frame says that it is there; the script
 * answers with the token and a port, to the chat's origin only, and all else goes through that port.
 */

export const FRAME_IS_READY = 'store-chat:ready'

/** From the script to the frame, with the port. */
export interface Welcome extends Shown {
  type: 'store-chat:welcome'
  token: string
  /** The language that the page asks for, as a BCP 47 tag. */
  lang?: string
}

/** From the script, through the port: whether the person sees the frame. */
export interface Shown {
  isOpen: boolean
}

/** From the frame, through the port. */
export type FrameNews = { unread: number } | { wantsToClose: true }
