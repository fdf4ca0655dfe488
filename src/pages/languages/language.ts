import type { LoadedCatalogue } from './catalogue.js'
import { chooseLocale, directionOf, type Locale } from './choose-locale.js'
import { en } from './en.js'

const english: Locale = { language: 'en', tag: 'en' }
let current: { locale: Locale; catalogue: LoadedCatalogue } = { locale: english, catalogue: {} }
let englishTexts: LoadedCatalogue = en

/** The catalogue of the page's language; empty for English, whose texts are part of the page's script. */
export const currentCatalogue = (): LoadedCatalogue => current.catalogue
/** The fallback for texts that the catalogue lacks. */
export const englishCatalogue = (): LoadedCatalogue => englishTexts
/** The language tag for `Intl`. */
export const currentTag = (): string => current.locale.tag

/**
 * Sets the page's language, once, before anything is rendered: the one that `?lang=` names, else the first of the browser's
 * languages that there is a catalogue of. When its catalogue cannot be loaded, the page speaks English.
 * @param page the folder of the texts that only this page has, and these texts in English
 */
export async function setLanguage(page: { folder: 'chat' | 'desk'; english: LoadedCatalogue }): Promise<void> {
  englishTexts = { ...en, ...page.english }
  const asked = new URLSearchParams(location.search).get('lang')
  const locale = chooseLocale([...(asked === null ? [] : [asked]), ...navigator.languages])
  try {
    current = { locale, catalogue: await loadCatalogue(locale, ['', `${page.folder}/`]) }
  } catch {
    current = { locale: english, catalogue: {} }
  }
  document.documentElement.lang = current.locale.tag
  document.documentElement.dir = directionOf(current.locale.language)
}

/** Loads a catalogue by a URL relative to the page's script, which works under any base path. */
async function loadCatalogue({ language }: Locale, folders: readonly string[]): Promise<LoadedCatalogue> {
  if (language === 'en') return {}
  const parts = folders.map(async (folder) => {
    const address = new URL(`../languages/${folder}${language}.js`, import.meta.url)
    return ((await import(address.href)) as { default: LoadedCatalogue }).default
  })
  return Object.assign({}, ...(await Promise.all(parts))) as LoadedCatalogue
}
