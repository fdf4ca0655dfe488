import type { Transporter } from 'nodemailer'

/** A mail as plain text. */
export interface Mail {
  to: string
  subject: string
  text: string
  /** Names the mail: sent again after a failure, it is the same one. */
  messageId: string
  headers: Record<string, string>
}

export interface Mailer {
  /**
   * Hands a mail to the server. `refused`: the server does not want this mail, now or later.
   * @throws Error when the server is away or may take it later
   */
  send(mail: Mail): Promise<'sent' | 'refused'>
  close(): void
}

/** Together they end before a lease on a reminder does. */
const CONNECT_TIMEOUT_MS = 8000
const ANSWER_TIMEOUT_MS = 10_000
const PERMANENT = 500

/** Loads the mail library with the first mail. */
export function createMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  let opening: Promise<Transporter> | undefined
  let opened: Transporter | undefined

  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer')
    opened = createTransport({
      url: smtpUrl,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: ANSWER_TIMEOUT_MS,
      // A text that a store or an admin wrote may not name a file or an address to attach.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    return opened
  }

  return {
    async send({ to, ...mail }) {
      opening ??= open()
      const transport = await opening
      try {
        await transport.sendMail({ ...mail, from, to: { name: '', address: to } })
        return 'sent'
      } catch (error) {
        const { responseCode = 0, code } = error as { responseCode?: number; code?: string }
        // A refusal of this mail. A wrong password, say, concerns all of them, and may be put right.
        if (responseCode >= PERMANENT && (code === 'EENVELOPE' || code === 'EMESSAGE')) return 'refused'
        throw error
      }
    },
    close: () => opened?.close(),
  }
}
