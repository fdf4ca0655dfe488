/** What the mail server said to the mails of this node since its start. */
export interface MailCounts {
  sent: number
  /** The server wants the mail neither now nor later. */
  refused: number
  /** The server was away or too slow, or may take the mail later. The mail is sent again. */
  failed: number
}

export const createMailCounts = (): MailCounts => ({ sent: 0, refused: 0, failed: 0 })
