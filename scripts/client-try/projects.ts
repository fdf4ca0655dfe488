/** A small project that uses the package as an app would. */
export interface Project {
  /** Packages to install beside the client, in their newest version unless one is given. */
  packages: string[]
  /** Contents by path. */
  files: Record<string, string>
  /** Commands that must succeed. */
  commands: string[]
  /** Text that this file must contain afterwards. */
  output?: { path: string; holds: string }
}

const use = `import { connectStore } from 'store-chat-client'
const chat = connectStore({ origin: 'https://chat.example.com', token: async () => 'token' })
chat.on('message', ({ content }) => console.log(content))
`
const component = `'use client'
import { useChat } from 'store-chat-client/react'
export function Support() {
  const chat = useChat({ origin: 'https://chat.example.com', token: 'token' })
  return <ol>{chat.messages.map(({ id, content }) => <li key={id}>{content}</li>)}</ol>
}
`
const types = `${use}
import { useChat, type Chat } from 'store-chat-client/react'
import type { Message } from 'store-chat-client'
export const sent: Promise<Message> = chat.send({ content: '' })
export const hook: (options: { origin: string; token: string }) => Chat = useChat
// @ts-expect-error: its types are not any
chat.noSuchMethod()
`
const bundle = 'v1/chat/'
const html = (script: string) => `<!doctype html><div id="root"></div><script type="module" src="${script}"></script>`
const render = `import { createRoot } from 'react-dom/client'
import { Support } from './support.tsx'
createRoot(document.getElementById('root')!).render(<Support />)
`
const tsc = (...options: string[]) => `tsc --strict --noEmit --target es2020 --lib es2020,dom ${options.join(' ')}`

const compile = (version: string, oldResolution: string): Project => ({
  packages: [`typescript@${version}`],
  files: { 'main.ts': types, 'main.mts': types, 'main.cts': types },
  commands: [
    tsc('--module commonjs', oldResolution, 'main.ts'),
    tsc('--module nodenext', 'main.mts', 'main.cts'),
    tsc('--module esnext --moduleResolution bundler', 'main.ts'),
  ],
})

export const projects: Record<string, Project> = {
  'the checks of publint and attw': {
    packages: ['publint', '@arethetypeswrong/cli'],
    files: {},
    commands: ['publint --strict node_modules/store-chat-client', 'attw package.tgz'],
  },
  'Node.js': {
    packages: [],
    files: {
      'main.mjs': `import { connectAdmin, ChatError } from 'store-chat-client'\nif (!connectAdmin || !ChatError) throw 1`,
      'main.cjs': `const { connectAdmin, ChatError } = require('store-chat-client')\nif (!connectAdmin || !ChatError) throw 1`,
    },
    commands: ['node main.mjs', 'node main.cjs'],
  },
  'TypeScript 5.0': compile('5.0', '--moduleResolution node'),
  'TypeScript 6': compile('6', '--moduleResolution node --ignoreDeprecations 6.0'),
  esbuild: {
    packages: ['esbuild'],
    files: { 'main.ts': use },
    commands: ['esbuild main.ts --bundle --minify --outfile=out.js', 'node --check out.js'],
    output: { path: 'out.js', holds: bundle },
  },
  webpack: {
    packages: ['webpack', 'webpack-cli'],
    files: { 'src/index.js': use },
    commands: ['webpack --mode production'],
    output: { path: 'dist/main.js', holds: bundle },
  },
  'Vite with React': {
    packages: ['vite', '@vitejs/plugin-react', 'react', 'react-dom'],
    files: {
      'index.html': html('/main.tsx'),
      'main.tsx': render,
      'support.tsx': component,
      'vite.config.mjs': `import react from '@vitejs/plugin-react'\nexport default { plugins: [react()], build: { rollupOptions: { output: { entryFileNames: 'main.js' } } } }`,
    },
    commands: ['vite build'],
    output: { path: 'dist/main.js', holds: bundle },
  },
  'Next.js': {
    packages: ['next', 'react', 'react-dom', 'typescript@5', '@types/react', '@types/node'],
    files: {
      'app/layout.tsx': `export default ({ children }: { children: React.ReactNode }) => <html lang="en"><body>{children}</body></html>`,
      'app/page.tsx': `import { Support } from './support'\nexport default () => <Support />`,
      'app/support.tsx': component,
    },
    commands: ['next build'],
  },
  'Metro, as React Native has it': {
    packages: ['metro', '@react-native/metro-babel-transformer', '@babel/core', 'react'],
    files: {
      'main.js': `${use}\nimport { useChat } from 'store-chat-client/react'\nconsole.log(useChat)`,
      'metro.config.js': `module.exports = {
        resolver: { unstable_enablePackageExports: false },
        transformer: { babelTransformerPath: require.resolve('@react-native/metro-babel-transformer') },
      }`,
    },
    commands: ['metro build main.js --out out --max-workers 1'],
    output: { path: 'out.js', holds: bundle },
  },
}
