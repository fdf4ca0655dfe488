import type { Locator, Page } from 'playwright-core'

/** Actions of users on the pages, by what is visible there. */

export const write = async (page: Page, text: string): Promise<void> => {
  const field = page.getByRole('textbox', { name: /^Write a/ })
  await field.fill(text)
  await send(page)
}

/** Sends the text: with the button on a touch screen, where Enter inserts a line break. */
export const send = async (page: Page): Promise<void> => {
  if (await page.evaluate(() => matchMedia('(pointer: coarse)').matches)) await page.locator('.send').click()
  else await page.locator('[data-composer]').press('Enter')
}

/** The stored message with this text. */
export const message = (page: Page, text: string): Locator =>
  page.locator('.entry:not(.draft)').filter({ hasText: text })

export const sees = (page: Page, text: string): Promise<void> => message(page, text).first().waitFor()

/** Waits until a message is visible. */
export const hasTick = (page: Page, text: string, tick: 'Sent' | 'Delivered' | 'Read'): Promise<void> =>
  message(page, text).getByText(tick, { exact: true }).waitFor({ state: 'attached' })

/** The row of a store in the list. */
export const row = (page: Page, name: string): Locator => page.locator('.row').filter({ hasText: name })

/** Opens a waiting session and claims it. */
export async function claim(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name: /^Waiting/ }).click()
  await row(page, name).click()
  await page.getByRole('button', { name: 'Claim' }).click()
  await page.getByRole('textbox', { name: 'Write an answer' }).waitFor()
}

/** Holds back what a page asks for until the returned function is called. */
export async function holdRequests(page: Page, pattern: string): Promise<() => void> {
  let go: (() => void) | undefined
  const isLetGo = new Promise<void>((resolve) => (go = resolve))
  await page.route(pattern, async (route) => {
    await isLetGo
    await route.continue()
  })
  return () => go?.()
}
