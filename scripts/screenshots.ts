/**
 * `npm run screenshots`: takes the screenshots of the README, docs/screenshots/*.png, on a node with sample data.
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
  isAlone: () => true,
  isRepeated: false,
  timeoutSeconds: 300,
  provide: async () => ({ [CHROMIUM_VARIABLE]: await provideChromium() }),
})
