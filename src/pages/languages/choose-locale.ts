/** The languages that have a catalogue. */
export const languages = ['en', 'de', 'es', 'fr', 'zh', 'ar'] as const
export type Language = (typeof languages)[number]

export interface Locale {
  /** The language of the catalogue. */
  language: Language
  /** The tag for `Intl`, with the user's region, such as `de-AT`. */
  tag: string
}

/** The first preferred language that has a catalogue, otherwise English. Invalid language tags are skipped. */
export function chooseLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const locale = readTag(tag)
    const language = languages.find((known) => known === locale?.language)
    if (language !== undefined && locale !== undefined) return { language, tag: locale.baseName }
  }
  return { language: 'en', tag: 'en' }
}

/** The Chinese catalogue and its dates use simplified characters, for all readers of Chinese. */
function readTag(tag: string): Intl.Locale | undefined {
  try {
    const locale = new Intl.Locale(tag)
    return locale.language === 'zh' ? new Intl.Locale(locale, { script: 'Hans' }) : locale
  } catch {
    return undefined
  }
}

export const directionOf = (language: Language) => (language === 'ar' ? 'rtl' : 'ltr')
