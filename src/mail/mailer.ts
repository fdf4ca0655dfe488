import type { Transporter } from 'nodemailer'
import type { MailCounts } from './mail-counts.js'

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
   * @throws Error when the server is away, takes too long or may take it later, or when the signal aborts
   */
  send(mail: Mail, signal: AbortSignal): Promise<'sent' | 'refused'>
  close(): void
}

/** For a mail as a whole, however its server spreads its answers. It ends before the lease on the mail does. */
const MAIL_TIMEOUT_MS = 20_000
const CONNECT_TIMEOUT_MS = 8000
/** A server that says nothing for so long is not waited for. */
const SILENCE_TIMEOUT_MS = 10_000
const PERMANENT = 500

export interface MailerOptions {
  smtpUrl: string
  from: string
  counts: MailCounts
  /** For a mail as a whole. Default: 20 s. */
  timeoutMs?: number
}

/** Loads the mail library with the first mail. */
export function createMailer({ smtpUrl, from, counts, timeoutMs = MAIL_TIMEOUT_MS }: MailerOptions): Mailer {
  let opening: Promise<Transporter> | undefined
  let opened: Transporter | undefined

  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer')
    opened = createTransport({
      url: smtpUrl,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      // A text that a store or an admin wrote may not name a file or an address to attach.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    return opened
  }

  return {
    async send({ to, ...mail }, closing) {
      opening ??= open()
      const transport = await opening
      try {
        const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMs)])
        await transport.sendMail({ ...mail, from, to: { name: '', address: to }, signal })
        counts.sent++
        return 'sent'
      } catch (error) {
        const { responseCode = 0, code } = error as { responseCode?: number; code?: string }
        // A refusal of this mail. A wrong password, say, concerns all of them, and may be put right.
        if (responseCode >= PERMANENT && (code === 'EENVELOPE' || code === 'EMESSAGE')) {
          counts.refused++
          return 'refused'
        }
        if (!closing.aborted) counts.failed++
        throw error
      }
    },
    close: () => opened?.close(),
  }
}
