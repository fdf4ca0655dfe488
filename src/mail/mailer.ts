import type { Transporter } from 'nodemailer'
import type { MailCounts } from './mail-counts.js'

/** A mail as plain text. */
export interface Mail {
  to: string
  subject: string
  text: string
  /** Identifies the mail. A mail that is sent again after a failure keeps it. */
  messageId: string
  headers: Record<string, string>
}

export interface Mailer {
  /**
   * Sends a mail to the mail server. `refused`: the server permanently rejects this mail.
   * @throws Error when the server is unreachable, too slow or rejects the mail for now, or when the signal aborts
   */
  send(mail: Mail, signal: AbortSignal): Promise<'sent' | 'refused'>
  close(): void
}

/**
 * Timeout for sending a mail, however the server spreads its replies. Shorter than the lease on the mail (LEASE_MS).
 */
const MAIL_TIMEOUT_MS = 20_000
const CONNECT_TIMEOUT_MS = 8000
/** A connection on which the server is silent for this long is closed. */
const SILENCE_TIMEOUT_MS = 10_000
/** SMTP replies from 500 on are permanent (RFC 5321, section 4.2.1). */
const PERMANENT = 500

export interface MailerOptions {
  smtpUrl: string
  from: string
  counts: MailCounts
  /** Timeout for sending a mail. Default: 20 s. */
  timeoutMs?: number
}

/** Creates a mailer. The mail library is loaded with the first mail. */
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
      // Text written by a store or an admin cannot attach a file or a URL.
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
        // The server refuses this mail. Other permanent errors, such as a wrong password, affect all mails and can be
        // fixed.
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
