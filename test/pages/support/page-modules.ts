import { build } from 'esbuild'
import type { Key } from '../../../src/pages/languages/catalogue.js'
import type { Language } from '../../../src/pages/languages/choose-locale.js'

/** Bundles and imports a module of src/pages, which is otherwise built for browsers only. */
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

/** All texts of the pages in a language. */
export async function readTexts(language: Language): Promise<Texts> {
  const name = language === 'en' ? 'en' : `catalogues/${language}`
  const parts = await Promise.all(
    ['languages', 'languages/chat', 'languages/desk'].map(async (folder) => {
      // The only export of each.
      const [texts] = Object.values(await importPageModule<Record<string, Partial<Texts>>>(`${folder}/${name}.ts`))
      if (texts === undefined) throw new Error(`No catalogue: ${folder}/${name}`)
      return texts
    }),
  )
  return Object.assign({}, ...parts) as Texts
}
