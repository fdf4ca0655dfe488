/**
 * Builds the pages of src/pages into dist/pages: one script and one style sheet each, beside them what a browser would have
 * them compressed to. Types are checked by `tsc -p tsconfig.pages.json`, not here: a start should be quick.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, transformSync } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [from, to] = [join(root, 'src/pages'), join(root, 'dist/pages')]
const browsers = { bundle: true, minify: true, target: ['es2022'], logLevel: 'warning', outdir: to }

rmSync(to, { recursive: true, force: true })
await build({
  ...browsers,
  entryPoints: ['console/app', 'console/style', 'chat/app', 'chat/style'].map((out) => ({
    in: join(from, out + (out.endsWith('app') ? '.tsx' : '.css')),
    out,
  })),
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
})
// English is in the scripts of the pages; they load the language that they need beside it.
await build({
  ...browsers,
  entryPoints: readdirSync(join(from, 'languages/catalogues'))
    .filter((name) => name !== 'en.ts')
    .map((name) => ({ in: join(from, 'languages/catalogues', name), out: `languages/${name.replace('.ts', '')}` })),
  format: 'esm',
  charset: 'utf8',
})
/** Makes an imported style sheet its minified text. */
const styleTexts = {
  name: 'style-texts',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, ({ path }) => {
      const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'css', minify: true, target: ['es2022'] })
      return { contents: code.trim(), loader: 'text' }
    }),
}
// A classic script, for pages of any age: it leaves no name behind.
await build({
  ...browsers,
  entryPoints: [{ in: join(from, 'widget/widget.ts'), out: 'widget' }],
  plugins: [styleTexts],
  format: 'iife',
  charset: 'utf8',
})
for (const name of ['console/index.html', 'chat/index.html', 'chat/icon.svg', 'widget/index.html']) {
  cpSync(join(from, name), join(to, name))
}

for (const name of readdirSync(to, { recursive: true }).filter((name) => /\.\w+$/.test(name))) {
  const bytes = readFileSync(join(to, name))
  writeFileSync(join(to, `${name}.br`), brotliCompressSync(bytes))
  writeFileSync(join(to, `${name}.gz`), gzipSync(bytes, { level: 9 }))
}
