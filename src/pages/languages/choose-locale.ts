/** The languages that the pages have a catalogue of. */
export const languages = ['en', 'de', 'es', 'fr', 'zh', 'ar'] as const
export type Language = (typeof languages)[number]

export interface Locale {
  /** Whose catalogue is used. */
  language: Language
  /** For `Intl`: with the region that the person has chosen, `de-AT`. */
  tag: string
}

/** The first of the wanted languages that there is a catalogue of, else English. What is no language tag is skipped. */
export function chooseLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const locale = readTag(tag)
    const language = languages.find((known) => known === locale?.language)
    if (language !== undefined && locale !== undefined) return { language, tag: locale.baseName }
  }
  return { language: 'en', tag: 'en' }
}

/** The Chinese catalogue is in simplified characters. So are its dates, for all readers of Chinese. */
function readTag(tag: string): Intl.Locale | undefined {
  try {
    const locale = new Intl.Locale(tag)
    return locale.language === 'zh' ? new Intl.Locale(locale, { script: 'Hans' }) : locale
  } catch {
    return undefined
  }
}

export const directionOf = (language: Language) => (language === 'ar' ? 'rtl' : 'ltr')
