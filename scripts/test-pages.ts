/**
 * `npm run test:pages`: tests the pages in a real Chromium. `npm run test:pages -- test/pages/some.pages.ts` runs those
 * alone.
 */
import { CHROMIUM_VARIABLE } from '../test/pages/browser.js'
import { provideChromium } from '../test/run/chromium.js'
import { chooseFiles, runFiles } from '../test/run/run-files.js'
import { printTotals } from '../test/run/totals.js'

await runFiles({
  name: 'pages',
  files: await chooseFiles('test/pages', '.pages.ts'),
  // Browsers are heavy: two at a time are enough for a small machine.
  words: ['--jobs=2'],
  provide: async () => ({ [CHROMIUM_VARIABLE]: await provideChromium() }),
})
await printTotals()
