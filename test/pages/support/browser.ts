import { chromium, type Browser } from 'playwright-core'
import { endWithProcess } from '../../../harness/test-file.js'
import { CHROMIUM_VARIABLE } from '../../../harness/variables.js'

let shared: Promise<Browser> | undefined

/**
 * The browser that all tests of this process share. Each opens contexts of its own, which share nothing. It makes no requests
 * to the internet.
 */
export async function provideBrowser(): Promise<Browser> {
  shared ??= launch()
  const browser = await shared
  if (browser.isConnected()) return browser
  // It has crashed.
  shared = launch()
  return shared
}

async function launch(): Promise<Browser> {
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
  endWithProcess(() => browser.close())
  return browser
}
