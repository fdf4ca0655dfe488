/**
 * Builds src/pages into dist/pages: one script and one style sheet for each page, their precompressed copies, and the client
 * library as one file. It does not check types, so that the server starts quickly: `tsc -p tsconfig.pages.json` does.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { minify } from 'terser'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [from, to] = [join(root, 'src/pages'), join(root, 'dist/pages')]
const browsers = { bundle: true, minify: true, target: ['es2022'], logLevel: 'warning', outdir: to }

/** The pages only upload files of the browser, without the client library's code for streams. */
const withoutStreamedUploads = {
  name: 'without-streamed-uploads',
  setup: ({ onLoad }) =>
    onLoad({ filter: /upload-streamed\.ts$/ }, () => ({ contents: 'export const uploadStreamed = undefined' })),
}

rmSync(to, { recursive: true, force: true })
await build({
  ...browsers,
  plugins: [withoutStreamedUploads],
  entryPoints: ['console/app', 'console/style', 'chat/app', 'chat/style'].map((out) => ({
    in: join(from, out + (out.endsWith('app') ? '.tsx' : '.css')),
    out,
  })),
  format: 'esm',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
})
/**
 * Parts of the console that are loaded when they are shown. They import everything outside of their own folders from
 * the console's script, by the names of lazy-kit.ts.
 */
const takeFromConsole = {
  name: 'take-from-console',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'entry-point' || path.startsWith('./') ? undefined : { path: './app.js', external: true },
    ),
}
await build({
  ...browsers,
  entryPoints: [
    { in: join(from, 'console/search/results/search-results.tsx'), out: 'console/search' },
    { in: join(from, 'console/reports/reports.tsx'), out: 'console/reports' },
    { in: join(from, 'console/canned/dialog/canned-dialog.tsx'), out: 'console/canned' },
  ],
  plugins: [takeFromConsole],
  format: 'esm',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
})
// The scripts of the pages contain English. They load other languages on demand.
await build({
  ...browsers,
  entryPoints: ['', 'chat/', 'desk/'].flatMap((folder) =>
    readdirSync(join(from, `languages/${folder}catalogues`)).map((name) => ({
      in: join(from, `languages/${folder}catalogues`, name),
      out: `languages/${folder}${name.replace('.ts', '')}`,
    })),
  ),
  format: 'esm',
  charset: 'utf8',
})
/** Imports the widget's style sheet as a string into its script. */
const styleAsText = {
  name: 'style-as-text',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true })
      return { contents: code, loader: 'text' }
    }),
}
// A classic script that any page can load. It defines no global names.
await build({
  ...browsers,
  entryPoints: [{ in: join(from, 'widget/widget.ts'), out: 'widget' }],
  plugins: [styleAsText],
  format: 'iife',
  // ES modules are strict already. The script must be small, so it needs no directive.
  tsconfigRaw: {},
  charset: 'utf8',
})
// The client library as one file: an ES module, and a classic script that sets `storeChatClient`.
const library = {
  ...browsers,
  target: ['es2020'],
  entryPoints: [{ in: join(root, 'src/client/index.ts'), out: 'client' }],
}
await build({ ...library, format: 'esm' })
await build({ ...library, format: 'iife', globalName: 'storeChatClient', outExtension: { '.js': '.global.js' } })
for (const name of ['console/index.html', 'chat/index.html', 'chat/icon.svg', 'widget/index.html']) {
  cpSync(join(from, name), join(to, name))
}

const built = readdirSync(to, { recursive: true }).filter((name) => /\.\w+$/.test(name))
// terser makes esbuild's minified output about 5 % smaller, gzipped.
for (const name of built.filter((name) => name.endsWith('.js') && !name.startsWith('languages'))) {
  const module = !['widget.js', 'client.global.js'].includes(name)
  const { code } = await minify(readFileSync(join(to, name), 'utf8'), { module, ecma: 2020 })
  writeFileSync(join(to, name), code)
}
for (const name of built) {
  const bytes = readFileSync(join(to, name))
  writeFileSync(join(to, `${name}.br`), brotliCompressSync(bytes))
  writeFileSync(join(to, `${name}.gz`), gzipSync(bytes, { level: 9 }))
}
