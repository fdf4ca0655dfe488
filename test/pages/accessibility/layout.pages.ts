import type { Page } from 'playwright-core'
import t from 'tap'
import { claimSession } from '../../support/chat/sessions.js'
import { row, sees } from '../support/acts.js'
import { setStage } from '../support/stage.js'
import { findTooWide } from '../support/too-wide.js'

const stage = await setStage(t)
const latinName = 'Donaudampfschifffahrtsgesellschaftskapitän & Söhne – Werkstatt und Ausstellung Hamburg-Altona'

/** A store that has written, in a session of this admin. */
async function claimed(name: string, adminId: number, content = 'Hello') {
  const store = await stage.store({ name, email: 'orders@shop.example' })
  await stage.post('store/message/', store, { content })
  return { store, session_id: await claimSession(stage.node.database, store.id, adminId) }
}

/** The buttons of a header that do not lie wholly within their column. */
const outside = (page: Page, column: string, buttons: string) =>
  page.evaluate(
    ([column, buttons]) => {
      const area = document.querySelector(column)?.getBoundingClientRect()
      return Array.from(document.querySelectorAll<HTMLElement>(buttons))
        .filter((button) => {
          const { left, right, width } = button.getBoundingClientRect()
          if (width === 0) return false
          const isCut = button.scrollWidth > button.clientWidth + 1
          return isCut || area === undefined || left < area.left - 1 || right > area.right + 1
        })
        .map(({ textContent, ariaLabel }) => ariaLabel ?? textContent)
    },
    [column, buttons] as const,
  )

const widthOf = async (page: Page, selector: string) => (await page.locator(selector).boundingBox())?.width ?? 0

for (const language of ['en', 'de', 'es', 'fr', 'zh', 'ar']) {
  t.test(`${language}: a conversation shows the name of the store and all actions at every width`, async (t) => {
    const [agent, supervisor] = [await stage.admin(), await stage.supervisor()]
    const name = `Layout ${language} ${latinName}`
    await claimed(name, agent.id)
    const faults: string[] = []
    for (const [account, tab] of [
      [agent, 'own'],
      [supervisor, 'all'],
    ] as const) {
      const page = await stage.console(account, { locale: language })
      await page.locator(`#tab-${tab}`).click()
      await row(page, name).click()
      await page.locator('[data-act=close]').waitFor()
      for (const isBesideDetails of [true, false]) {
        if (!isBesideDetails) await page.locator('[data-act=details]').click()
        // Below 1100 px the details cover the conversation.
        for (const width of isBesideDetails ? [1100, 1180, 1440] : [320, 390, 768, 900, 1100, 1440]) {
          await page.setViewportSize({ width, height: 700 })
          const state = `${tab}, ${width} px${isBesideDetails ? ', beside the details' : ''}`
          const hidden = await outside(page, '.talk', '.conversation-head button')
          if ((await widthOf(page, '.titles h2')) < 120) hidden.push('the name')
          faults.push(...hidden.map((what) => `${state}: ${what}`))
        }
      }
      await page.context().close()
    }
    t.same(faults, [])
  })
}

t.test('tags do not make the head of a conversation higher, and a long name stays within its note', async (t) => {
  const admin = await stage.admin('x'.repeat(100))
  const { session_id } = await claimed('Tagged Store', admin.id)
  await stage.post('admin/notes/', admin, { session_id, content: 'among us' })
  const page = await stage.console(admin, { viewport: { width: 320, height: 640 } })
  await page.locator('#tab-own').click()
  await row(page, 'Tagged Store').click()
  await sees(page, 'Hello')
  await page.locator('article.note').waitFor()
  t.same(await findTooWide(page), [])
  const heightOf = async () => (await page.locator('.conversation-head').boundingBox())?.height ?? 0
  const before = await heightOf()
  const tags = Array.from({ length: 10 }, (_, place) => `tag ${place}`)
  await stage.post('admin/session/update/', admin, { session_id, tags })
  await page.locator('.conversation-head .chip').nth(9).waitFor({ state: 'attached' })
  t.ok((await heightOf()) <= before + 4, `${before} px before, ${await heightOf()} px with tags`)
  await page.setViewportSize({ width: 1440, height: 640 })
  t.ok(await page.locator('.conversation-head .chip').first().isVisible())
})
