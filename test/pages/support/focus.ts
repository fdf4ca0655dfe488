import type { Page } from 'playwright-core'

/** Lets the test set whether the page has the focus: in a headless browser every page has it. */
export async function controlFocus(page: Page): Promise<void> {
  await page.addInitScript({
    content: `
      let isAway = false
      document.hasFocus = () => !isAway
      window.lookAway = (is) => {
        isAway = is
        window.dispatchEvent(new Event(is ? 'blur' : 'focus'))
      }`,
  })
}

export const lookAway = (page: Page, isAway: boolean): Promise<void> =>
  page.evaluate((is) => (window as unknown as { lookAway(is: boolean): void }).lookAway(is), isAway)
