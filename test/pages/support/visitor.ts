import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'

/** Somebody at a page, with all that the browser had to complain about. */
export interface Visitor {
  page: Page
  /** Errors, refusals by the policy, and where the token was seen that it should not be. */
  complaints: string[]
}

export interface VisitOptions extends BrowserContextOptions {
  token: string
  /** The browser says in its console that connections fail; a test that cuts them expects it to. */
  losesConnections?: boolean
}

/** Opens an empty page in a profile of its own. */
export async function openVisitor(
  t: Pick<Test, 'teardown'>,
  browser: Browser,
  { token, losesConnections = false, ...options }: VisitOptions,
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    const isLoss = losesConnections && /Failed to load resource|WebSocket connection to/.test(text)
    if (isLoss) return
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${text}`)
    if (text.includes(token)) complaints.push('the token is in the console')
  })
  page.on('request', (request) => {
    if (request.url().includes(token)) complaints.push(`the token is in ${new URL(request.url()).pathname}`)
  })
  page.on('framenavigated', (frame) => {
    if (frame.url().includes(token)) complaints.push('the token is in the address bar')
  })
  return { page, complaints }
}

/** Signs in on a page that asks for a token, in whatever language. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.locator('input[name=token]').fill(token)
  await page.locator('button[type=submit]').click()
  await page.locator('.connection.online').waitFor()
}
