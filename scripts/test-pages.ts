/**
 * `npm run test:pages`: tests the pages in a real Chromium. `npm run test:pages -- test/pages/some.pages.ts` runs those
 * alone.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provideChromium } from '../test/run/chromium.js'
import { endLeftovers } from '../test/run/leftovers.js'
import { startServices } from '../test/run/start-services.js'
import { createSteps } from '../test/run/steps.js'
import { printTotals } from '../test/run/totals.js'
import { CHROMIUM_VARIABLE } from '../test/pages/browser.js'
import { nameServices } from '../test/support/services.js'

const given = process.argv.slice(2)
const found = (await readdir('test/pages')).filter((name) => name.endsWith('.pages.ts')).sort()
const files = given.length > 0 ? given : found.map((name) => `test/pages/${name}`)
const results = '.tap/pages.tap'
const folder = await mkdtemp(join(tmpdir(), 'store-chat-pages-'))
const { step, run } = createSteps({ ...process.env, TMPDIR: folder })

await rm(results, { force: true })
const chromium = await step('chromium', provideChromium)
const services = chromium === undefined ? undefined : await step('services', () => startServices(folder))
if (chromium !== undefined && services) {
  const environment = { ...nameServices(services), [CHROMIUM_VARIABLE]: chromium, CI: 'true' }
  // Browsers are heavy: two at a time are enough for a small machine.
  const words = [
    'run',
    '--reporter=base',
    '--disable-coverage',
    '--jobs=2',
    '--timeout=300',
    `--output-file=${results}`,
  ]
  await step('pages', () => run('tap', [...words, ...files], environment))
  await step('services end', () => services.stop())
}
await step('leftovers', () => endLeftovers(folder))
await rm(folder, { recursive: true, force: true })
await printTotals(results)
