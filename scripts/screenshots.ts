/**
 * `npm run screenshots`: makes the README's pictures of the pages, docs/screenshots/*.png, on a node with a conversation
 * made up for them.
 */
import { mkdir } from 'node:fs/promises'
import { CHROMIUM_VARIABLE } from '../harness/variables.js'
import { provideChromium } from './testing/chromium.js'
import { runFiles } from './testing/run-files.js'

await mkdir('docs/screenshots', { recursive: true })
await runFiles({
  name: 'screenshots',
  files: ['test/pages/screenshots.ts'],
  jobs: 1,
  timeoutSeconds: 300,
  provide: async () => ({ [CHROMIUM_VARIABLE]: await provideChromium() }),
})
