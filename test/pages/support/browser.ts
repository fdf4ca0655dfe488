import { chromium, type Browser } from 'playwright-core'
import type { Test } from 'tap'
import { CHROMIUM_VARIABLE } from '../../../harness/variables.js'

/** Starts a browser with a profile of its own, closed at the test's end. It asks nothing of the world outside. */
export async function startBrowser(t: Pick<Test, 'teardown'>): Promise<Browser> {
  const executablePath = process.env[CHROMIUM_VARIABLE]
  if (executablePath === undefined) throw new Error('Run the pages by `npm run test:pages -- test/pages/….pages.ts`')
  const browser = await chromium.launch({
    executablePath,
    // Neither root nor most containers have a sandbox to run in; the pages are our own.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      // A name that browsers do not trust as they trust localhost.
      '--host-resolver-rules=MAP chat.test 127.0.0.1',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.teardown(() => browser.close())
  return browser
}
