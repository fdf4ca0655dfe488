import t from 'tap'
import { provideBrowser } from '../support/browser.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { openVisitor, signIn } from '../support/visitor.js'

const node = await startNode(t)
const browser = await provideBrowser()
const origin = node.origin.replace('127.0.0.1', 'chat.test')

// Browsers trust localhost as they trust TLS: what breaks over plain HTTP breaks on other hosts only.
t.test('every page works over plain HTTP on a host that is not localhost', async (t) => {
  const [store, admin] = [await addStore(node.database), await addAdmin(node.database)]
  for (const [path, { token }] of [
    ['/chat/', store],
    ['/console/', admin],
  ] as const) {
    const { page, complaints } = await openVisitor(t, browser, { token })
    await page.goto(`${origin}${path}`)
    t.equal(await page.evaluate(() => isSecureContext), false)
    await signIn(page, token)
    await page.getByText('Connected').waitFor()
    t.same(complaints, [], path)
  }
})

t.test('the API documentation works over plain HTTP, too', async (t) => {
  const { id, token } = await addStore(node.database)
  const { page } = await openVisitor(t, browser, { token })
  const failed: string[] = []
  page.on('requestfailed', (request) => failed.push(request.url()))
  await page.goto(`${origin}/docs/`)
  await page.locator('.btn.authorize').click()
  await page.locator('.modal-ux input[type=text]').fill(`Token ${token}`)
  await page.locator('.modal-ux button.authorize').click()
  await page.locator('.modal-ux button.btn-done').click()
  const operation = page.locator('.opblock', { has: page.locator('[data-path="/v1/chat/me/"]') })
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.execute').click()
  await operation.locator('.live-responses-table').getByText(`"id": ${id}`).waitFor()
  t.same(failed, [])
})
