import type { Page } from 'playwright-core'

/** Whether somebody looks at a page is for the test to say: every page of a browser without a screen has the focus. */
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
