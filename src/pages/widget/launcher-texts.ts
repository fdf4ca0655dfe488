import type { Language, Locale } from '../languages/choose-locale.js'

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }

interface Texts {
  title: string
  open: string
  close: string
  unread: Forms
}

/** The launcher is on the page of a shop before the frame is, so that it brings its few texts in every language. */
const catalogue: Record<Language, Texts> = {
  en: {
    title: 'Support chat',
    open: 'Open the support chat',
    close: 'Close the support chat',
    unread: { other: 'Open the support chat, {count} unread' },
  },
  de: {
    title: 'Support-Chat',
    open: 'Support-Chat öffnen',
    close: 'Support-Chat schließen',
    unread: {
      one: 'Support-Chat öffnen, {count} ungelesene Nachricht',
      other: 'Support-Chat öffnen, {count} ungelesene Nachrichten',
    },
  },
  es: {
    title: 'Chat de soporte',
    open: 'Abrir el chat de soporte',
    close: 'Cerrar el chat de soporte',
    unread: {
      one: 'Abrir el chat de soporte, {count} mensaje sin leer',
      other: 'Abrir el chat de soporte, {count} mensajes sin leer',
    },
  },
  fr: {
    title: 'Chat d’assistance',
    open: 'Ouvrir le chat d’assistance',
    close: 'Fermer le chat d’assistance',
    unread: {
      one: 'Ouvrir le chat d’assistance, {count} message non lu',
      other: 'Ouvrir le chat d’assistance, {count} messages non lus',
    },
  },
  zh: {
    title: '客服聊天',
    open: '打开客服聊天',
    close: '关闭客服聊天',
    unread: { other: '打开客服聊天，{count} 条未读消息' },
  },
  ar: {
    title: 'محادثة الدعم',
    open: 'فتح محادثة الدعم',
    close: 'إغلاق محادثة الدعم',
    unread: {
      one: 'فتح محادثة الدعم، رسالة واحدة غير مقروءة',
      two: 'فتح محادثة الدعم، رسالتان غير مقروءتين',
      few: 'فتح محادثة الدعم، {count} رسائل غير مقروءة',
      other: 'فتح محادثة الدعم، {count} رسالة غير مقروءة',
    },
  },
}

/** What the launcher is called, in the language of the widget. */
export interface LauncherTexts {
  title: string
  close: string
  open(unread: number): string
  /** A number up to 99, for the badge. */
  count(unread: number): string
}

export function launcherTexts({ language, tag }: Locale): LauncherTexts {
  const { title, open, close, unread: forms } = catalogue[language]
  const format = (count: number) => new Intl.NumberFormat(tag).format(count)
  return {
    title,
    close,
    open: (unread) =>
      unread === 0
        ? open
        : (forms[new Intl.PluralRules(tag).select(unread)] ?? forms.other).replace('{count}', format(unread)),
    count: (unread) => (unread > 99 ? `${format(99)}+` : format(unread)),
  }
}
