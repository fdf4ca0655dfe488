import t from 'tap'
import { startProxy } from '../../client/support/proxy.js'
import { addAdmin, addStore } from '../../support/chat/accounts.js'
import { createDatabase } from '../../support/databases/database.js'
import { createRedisEnvironment } from '../../support/nodes/redis-environment.js'
import { startServer } from '../../support/nodes/server-process.js'
import { readServices } from '../../../harness/services.js'
import { claim, hasTick, sees, write } from '../support/acts.js'
import { provideBrowser } from '../support/browser.js'
import { openVisitor, signIn } from '../support/visitor.js'

t.test(
  'the node is killed during a conversation: both sides continue on another, without loss or duplicates',
  async (t) => {
    const database = await createDatabase(t)
    const environment = { DATABASE_URL: database.url, ...createRedisEnvironment(readServices().redisUrl) }
    const [dying, staying] = [startServer(t, environment), startServer(t, environment)]
    const [here, there, browser] = await Promise.all([dying.ready(), staying.ready(), provideBrowser()])
    const [store, admin] = await Promise.all([addStore(database, { name: 'Tech Store' }), addAdmin(database)])
    const way = await startProxy(t, here)
    const visit = async (path: string, { token }: { token: string }) => {
      const { page, complaints } = await openVisitor(t, browser, { token, losesConnections: true })
      await page.goto(`${way.origin}${path}`)
      await signIn(page, token)
      return { page, complaints }
    }
    const [chat, desk] = [await visit('/chat/', store), await visit('/console/', admin)]
    await write(chat.page, 'store before')
    await claim(desk.page, 'Tech Store')
    await write(desk.page, 'admin before')
    await sees(chat.page, 'admin before')

    way.lead(undefined)
    dying.kill('SIGKILL')
    await Promise.all([chat, desk].map(({ page }) => page.getByText('Reconnecting…').waitFor()))
    await write(chat.page, 'store meanwhile')
    await write(desk.page, 'admin meanwhile')
    await chat.page.getByText('Waiting to be sent').waitFor({ state: 'attached' })
    way.lead(there)

    await sees(desk.page, 'store meanwhile')
    await sees(chat.page, 'admin meanwhile')
    await write(desk.page, 'admin after')
    await hasTick(desk.page, 'admin after', 'Read')
    await write(chat.page, 'store after')
    await hasTick(chat.page, 'store after', 'Read')

    const rows = await database.query<{ content: string }>('select content from chat_message order by id')
    const stored = rows.map(({ content }) => content)
    t.same(
      [...stored].sort(),
      ['admin', 'store'].flatMap((side) => ['after', 'before', 'meanwhile'].map((when) => `${side} ${when}`)),
    )
    for (const { page, complaints } of [chat, desk]) {
      t.same(await page.locator('.entry .text').allTextContents(), stored, 'each once, in the order of the session')
      t.same(complaints, [])
    }
  },
)
