/*
 * What the widget's script and the page that it frames say to each other. The frame says that it is there; the script
 * answers with the token and a port, to the chat's origin only, and all else goes through that port.
 */

export const FRAME_IS_READY = 'store-chat:ready'

/** From the script to the frame, with the port. */
export interface Welcome extends Shown {
  type: 'store-chat:welcome'
  token: string
}

/** From the script, through the port: whether the person sees the frame. */
export interface Shown {
  isOpen: boolean
}

/** From the script, through the port: the page has signed in with another token. */
export interface Renewal {
  token: string
}

/** What the launcher says in the language of the frame. */
export interface LauncherTexts {
  page: { lang: string; dir: string }
  title: string
  open: string
  close: string
  /** The number of unread messages, up to 99. */
  badge: string
}

/**
 * From the frame, through the port. `isOther`: whether the frame has to begin anew, because a renewed token is not known to be
 * of the same store; otherwise the token is no longer taken.
 */
export type FrameNews = { unread: number; texts: LauncherTexts } | { isOther: boolean } | { wantsToClose: true }
