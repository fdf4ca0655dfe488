import { Type, type Static, type TObject } from '@sinclair/typebox'
import type { FieldErrors } from '../protocol/schemas/error-body.js'

/** The settings of mail and of reminders, named as their environment variables. */
export const mailEnvironment = {
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://',
      description: 'URL of the mail server. When set, stores get mails about messages that they have not read.',
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
    description:
      'How long a message to a store stays unread before the event `message.unread` and the mail, in minutes.',
  }),
}
type MailEnvironment = Static<TObject<typeof mailEnvironment>> & { PUBLIC_URL?: string }

/** How mails are sent. */
export interface MailSettings {
  smtpUrl: string
  from: string
  /** Base URL of the links in mails, without a trailing slash. */
  publicUrl: string
}

/** Returns undefined when no mail is sent. */
export function readMailSettings({ SMTP_URL, MAIL_FROM, PUBLIC_URL }: MailEnvironment): MailSettings | undefined {
  if (SMTP_URL === undefined || MAIL_FROM === undefined || PUBLIC_URL === undefined) return undefined
  return { smtpUrl: SMTP_URL, from: MAIL_FROM, publicUrl: PUBLIC_URL.replace(/\/+$/, '') }
}

/**
 * Checks that the settings of mail are complete and valid. The messages contain nothing of the URL, which may contain a
 * password.
 */
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
