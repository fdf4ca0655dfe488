import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { until } from '../../../harness/until.js'
import { addToken } from '../../support/chat/accounts.js'
import { chatIn, closer, entryIn, openChat, opener, writeIn } from '../support/launcher.js'
import { choose, picture } from '../support/files.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

const signIn = (page: Page, token: string) => page.evaluate(`storeChat.signIn(${JSON.stringify(token)})`)
const field = (page: Page) => chatIn(page).getByRole('textbox', { name: 'Write a message' })

t.test('a renewed token of the same store continues the conversation, and `revoked` reports its end', async (t) => {
  const stage = await setStage(t)
  const { database } = stage.node
  const [store, other] = [await stage.store(), await stage.store()]
  const renew = async () => addToken(database, { storeId: store.id })
  const revoke = (id: number) => database.query('update access_token set revoked_at = now() where id = $1', [id])
  const { page, complaints } = await stage.visitor(store, { losesConnections: true })
  const script = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}"></script>`
  await page.goto(
    await serveShop(t, {
      pages: { '/': `${script}<script src="/shop.js"></script>` },
      files: {
        '/shop.js': `window.ends = 0; storeChat.on('revoked', () => window.ends++)`,
      },
    }),
  )
  const ends = () => page.evaluate('window.ends')
  await writeIn(await openChat(page), 'of the first token')
  await entryIn(chatIn(page), 'of the first token').waitFor()
  const [frame] = page.frames().slice(1)
  const saves = async (text: string) => {
    const saving = page.waitForEvent('download')
    await chatIn(page).getByRole('button', { name: 'Save the conversation' }).click()
    t.match(await readFile(await (await saving).path(), 'utf8'), text)
  }
  await saves('of the first token')

  await field(page).fill('half a question')
  await choose(chatIn(page), picture('a.png'))
  const second = await renew()
  await signIn(page, second.token)
  // With the token in use: the second one is there for when that is refused.
  await saves('of the first token')
  await revoke(store.tokenId)
  await writeIn(chatIn(page), 'of the second token')
  await entryIn(chatIn(page), 'of the second token').waitFor({ timeout: 20_000 })
  t.ok(await closer(page).isVisible(), 'it is open still')
  t.notOk(frame?.isDetached(), 'and the same')
  t.equal(await ends(), 0)

  await revoke(second.tokenId)
  await chatIn(page).getByText('The chat is not available').waitFor()
  await until(async () => (await ends()) === 1, 10_000)
  const third = await renew()
  await signIn(page, third.token)
  await entryIn(chatIn(page), 'of the second token').waitFor()
  t.ok(await closer(page).isVisible())
  t.notOk(frame?.isDetached())

  await signIn(page, other.token)
  await opener(page).waitFor()
  await openChat(page)
  await chatIn(page).getByText('How can we help?').waitFor()
  t.equal(await entryIn(chatIn(page), 'token').count(), 0)
  t.ok(frame?.isDetached(), 'another store begins anew, closed')
  t.same(complaints, [])
})
