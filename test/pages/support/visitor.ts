import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'

/** A visitor of a page, with the errors and warnings of the browser. */
export interface Visitor {
  page: Page
  /** Errors, violations of the content security policy, and places where the token leaked. */
  complaints: string[]
}

export interface VisitOptions extends BrowserContextOptions {
  token: string
  /** Ignores the browser's console messages about failed connections, for tests that cut them. */
  losesConnections?: boolean
}

/** Opens a blank page in a new browser context. */
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
    const { url } = message.location()
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${text} ${url.split('?')[0] ?? ''}`)
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

/** Signs in on a page that asks for a token, in any language. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.locator('input[name=token]').fill(token)
  await page.locator('button[type=submit]').click()
  await page.locator('.connection.online').waitFor()
}
