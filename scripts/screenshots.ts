/**
 * `npm run screenshots`: makes the README's pictures of the pages, docs/screenshots/*.png, on a node with a conversation
 * made up for them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_VARIABLE } from '../test/pages/browser.js'
import { provideChromium } from '../test/run/chromium.js'
import { endLeftovers } from '../test/run/leftovers.js'
import { startServices } from '../test/run/start-services.js'
import { createSteps } from '../test/run/steps.js'
import { nameServices } from '../test/support/services.js'

const folder = await mkdtemp(join(tmpdir(), 'store-chat-screenshots-'))
const { step, run } = createSteps({ ...process.env, TMPDIR: folder })

await mkdir('docs/screenshots', { recursive: true })
const chromium = await step('chromium', provideChromium)
const services = chromium === undefined ? undefined : await step('services', () => startServices(folder))
if (chromium !== undefined && services) {
  const environment = { ...nameServices(services), [CHROMIUM_VARIABLE]: chromium, CI: 'true' }
  const words = ['run', '--reporter=base', '--disable-coverage', '--timeout=300', 'test/pages/screenshots.ts']
  await step('screenshots', () => run('tap', words, environment))
  await step('services end', () => services.stop())
}
await step('leftovers', () => endLeftovers(folder))
await rm(folder, { recursive: true, force: true })
