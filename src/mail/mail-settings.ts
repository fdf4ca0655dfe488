import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** The settings of mail and of what waits for a store to read, by the names of their environment variables. */
export const mailEnvironment = {
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://',
      description: 'Mail server. With it, stores get a mail about messages that they have not read.',
    }),
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      maxLength: 320,
      pattern: '^[^<>@\\x00-\\x1f]*<?[^\\s<>@]+@[^\\s<>@]+>?$',
      description: 'Sender of the mails.',
      examples: ['Example support <support@example.com>'],
    }),
  ),
  MAIL_AFTER_MINUTES: Type.Integer({
    minimum: 0,
    maximum: 10_080,
    default: 10,
    description: 'How long a message to a store stays unread until the event `message.unread`, and until the mail.',
  }),
}
type MailEnvironment = Static<TObject<typeof mailEnvironment>> & { PUBLIC_URL?: string }

/** How mails are sent. */
export interface MailSettings {
  smtpUrl: string
  from: string
  /** Where the links in mails lead, without a slash at its end. */
  publicUrl: string
}

/** Undefined where no mail is sent. */
export function readMailSettings({ SMTP_URL, MAIL_FROM, PUBLIC_URL }: MailEnvironment): MailSettings | undefined {
  if (SMTP_URL === undefined || MAIL_FROM === undefined || PUBLIC_URL === undefined) return undefined
  return { smtpUrl: SMTP_URL, from: MAIL_FROM, publicUrl: PUBLIC_URL.replace(/\/+$/, '') }
}

/** What is missing for mail, or cannot be read. It repeats nothing of the URL, which may hold a password. */
export function checkMailSettings(environment: MailEnvironment): FieldErrors {
  const { SMTP_URL } = environment
  if (SMTP_URL === undefined) return []
  const isUrl = URL.canParse(SMTP_URL) && new URL(SMTP_URL).hostname !== ''
  return [
    ...(isUrl
      ? []
      : [
          {
            field: 'SMTP_URL',
            message: 'is not a URL: in a password, characters such as / # ? @ must be percent-encoded',
          },
        ]),
    ...(['MAIL_FROM', 'PUBLIC_URL'] as const).flatMap((field) =>
      environment[field] === undefined ? [{ field, message: 'must be set when SMTP_URL is' }] : [],
    ),
  ]
}
