/*
 * The messages between the widget's script and the page that it frames. The frame announces that it is ready. The script
 * answers with the token and a message port, addressed to the chat's origin only. All other messages use that port.
 */

export const FRAME_IS_READY = 'store-chat:ready'

/** From the script to the frame, with the port. */
export interface Welcome extends Shown {
  type: 'store-chat:welcome'
  token: string
}

/** From the script, through the port: whether the frame is visible. */
export interface Shown {
  isOpen: boolean
}

/** From the script, through the port: the page signed in with another token. */
export interface Renewal {
  token: string
}

/** The texts of the launcher, in the language of the frame. */
export interface LauncherTexts {
  page: { lang: string; dir: string }
  title: string
  open: string
  close: string
  /** The number of unread messages, `99+` beyond 99. */
  badge: string
}

/**
 * From the frame, through the port. `isOther` ends the conversation. True: it must start anew, because a renewed token may
 * belong to another store. False: the service refuses the token.
 */
export type FrameMessage = { unread: number; texts: LauncherTexts } | { isOther: boolean } | { wantsToClose: true }
