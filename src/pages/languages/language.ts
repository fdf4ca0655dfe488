import type { LoadedCatalogue } from './catalogue.js'
import { chooseLocale, directionOf, type Locale } from './choose-locale.js'

const english: Locale = { language: 'en', tag: 'en' }
let current: { locale: Locale; catalogue: LoadedCatalogue } = { locale: english, catalogue: {} }

/** The catalogue of the page's language; empty for English, which is always there. */
export const currentCatalogue = (): LoadedCatalogue => current.catalogue
/** The language tag for `Intl`. */
export const currentTag = (): string => current.locale.tag

/**
 * Sets the page's language, once, before anything is rendered: the one that `?lang=` names, else the first of the browser's
 * languages that there is a catalogue of. When its catalogue cannot be loaded, the page speaks English.
 */
export async function setLanguage(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('lang')
  const locale = chooseLocale([...(asked === null ? [] : [asked]), ...navigator.languages])
  try {
    current = { locale, catalogue: await loadCatalogue(locale) }
  } catch {
    current = { locale: english, catalogue: {} }
  }
  document.documentElement.lang = current.locale.tag
  document.documentElement.dir = directionOf(current.locale.language)
}

/** Beside the folder of the page's own script, so that it is found under any path. */
async function loadCatalogue({ language }: Locale): Promise<LoadedCatalogue> {
  if (language === 'en') return {}
  const address = new URL(`../languages/${language}.js`, import.meta.url)
  const { default: catalogue } = (await import(address.href)) as { default: LoadedCatalogue }
  return catalogue
}
