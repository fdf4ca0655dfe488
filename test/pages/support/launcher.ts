import type { FrameLocator, Page } from 'playwright-core'

/** Elements of the widget in a page, and actions on it. */

export const opener = (page: Page) => page.getByRole('button', { name: /^Open the support chat/ })
export const closer = (page: Page) => page.getByRole('button', { name: 'Close the support chat' })
export const chatIn = (page: Page): FrameLocator => page.frameLocator('iframe[title="Support chat"]')

/** Opens the chat and waits until it is connected. */
export async function openChat(page: Page): Promise<FrameLocator> {
  await opener(page).click()
  const chat = chatIn(page)
  await chat.getByText('Connected', { exact: true }).waitFor({ state: 'attached' })
  return chat
}

export async function writeIn(chat: FrameLocator, text: string): Promise<void> {
  const field = chat.getByRole('textbox', { name: 'Write a message' })
  await field.fill(text)
  await field.press('Enter')
}

/** The stored message with this text. */
export const entryIn = (chat: FrameLocator, text: string) =>
  chat.locator('.entry:not(.draft)').filter({ hasText: text })

/** The number of widgets, and of those with a launcher. */
export const countWidgets = (page: Page) =>
  page.evaluate(() => {
    const hosts = [...document.querySelectorAll('store-chat-widget')]
    return { hosts: hosts.length, launchers: hosts.filter(({ shadowRoot }) => shadowRoot !== null).length }
  })
