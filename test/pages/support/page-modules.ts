import { build } from 'esbuild'
import type { Key } from '../../../src/pages/languages/catalogue.js'
import type { Language } from '../../../src/pages/languages/choose-locale.js'

/** Imports a module of the pages' source, which is built for browsers only. */
export async function importPageModule<Module>(path: string): Promise<Module> {
  const { outputFiles } = await build({
    entryPoints: [`src/pages/${path}`],
    bundle: true,
    write: false,
    format: 'esm',
    charset: 'utf8',
  })
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`) as Promise<Module>
}

export type Texts = Record<Key, string | Partial<Record<Intl.LDMLPluralRule, string>>>

/** All that the pages say in a language. */
export async function readTexts(language: Language): Promise<Texts> {
  const { default: texts, en } = await importPageModule<{ default?: Texts; en?: Texts }>(
    language === 'en' ? 'languages/en.ts' : `languages/catalogues/${language}.ts`,
  )
  const found = texts ?? en
  if (found === undefined) throw new Error(`No catalogue: ${language}`)
  return found
}
