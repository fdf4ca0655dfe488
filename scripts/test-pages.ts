/**
 * `npm run test:pages`: tests the pages in a real Chromium. `npm run test:pages -- test/pages/console/desk.pages.ts`
 * runs only that file.
 */
import { CHROMIUM_VARIABLE } from '../harness/variables.js'
import { provideChromium } from './testing/chromium.js'
import { chooseFiles, runFiles } from './testing/run-files.js'
import { printTotals } from './testing/totals.js'

const files = await chooseFiles('test/pages', '.pages.ts')
await runFiles({
  name: 'pages',
  isInMemory: true,
  files,
  // Browsers are heavy: two at a time are enough for a small machine.
  jobs: 2,
  isAlone: () => false,
  isRepeated: process.argv.length === 2,
  timeoutSeconds: 300,
  provide: async () => ({ [CHROMIUM_VARIABLE]: await provideChromium() }),
})
printTotals(files)
