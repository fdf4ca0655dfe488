import { chromium, type Browser } from 'playwright-core'
import type { Test } from 'tap'
import { CHROMIUM_VARIABLE } from '../../../harness/variables.js'

/** Starts a browser, which is closed at the end of the test. It makes no requests to the internet. */
export async function startBrowser(t: Pick<Test, 'teardown'>): Promise<Browser> {
  const executablePath = process.env[CHROMIUM_VARIABLE]
  if (executablePath === undefined) throw new Error('Run the pages by `npm run test:pages -- test/pages/….pages.ts`')
  const browser = await chromium.launch({
    executablePath,
    // The sandbox is not available for root and in most containers. The pages are trusted.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      // A host name that is not a secure context, unlike localhost.
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
