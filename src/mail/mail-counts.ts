/** Outcomes of the mails of this node since its start. */
export interface MailCounts {
  sent: number
  /** The mail server rejected the mail permanently. */
  refused: number
  /** The mail server was unreachable or too slow, or rejected the mail temporarily. The mail is sent again. */
  failed: number
  /** The store's `email` is not empty, but no address either, so there was no mail. */
  unaddressed: number
}

export const createMailCounts = (): MailCounts => ({ sent: 0, refused: 0, failed: 0, unaddressed: 0 })
