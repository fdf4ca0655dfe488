import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createTempFolder } from '../../support/temp-folder.js'
import { chatIn, closer, countWidgets, entryIn, openChat, writeIn } from '../support/launcher.js'
import { serveShop } from '../support/shop.js'
import { setStage } from '../support/stage.js'

t.test('the widget loads with every form of script tag', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  const tag = (words: string) =>
    `<script src="${stage.node.origin}/widget.js?v=1" data-token="${store.token}" ${words}></script>`
  const ways = {
    '/plain': tag(''),
    '/async': tag('async'),
    '/defer': tag('defer'),
    '/module': tag('type="module"'),
    '/module-async': tag('type="module" async'),
    '/crossorigin': tag('crossorigin'),
    '/crossorigin-module': tag('type="module" crossorigin="anonymous"'),
    '/both': tag('type="module"') + tag('nomodule'),
    '/written': '<script src="/write.js"></script>',
    '/added': '<script src="/add.js"></script>',
  }
  const src = JSON.stringify(`${stage.node.origin}/widget.js`)
  const token = JSON.stringify(store.token)
  const shop = await serveShop(t, {
    pages: ways,
    files: {
      '/write.js': `document.write(${JSON.stringify(tag(''))})`,
      // The tag is removed before the script runs.
      '/add.js': `const tag = Object.assign(document.createElement('script'), { src: ${src} })
        tag.dataset.token = ${token}
        document.head.append(tag)
        tag.remove()`,
    },
  })
  for (const way of Object.keys(ways)) {
    await page.goto(`${shop}${way}`)
    const chat = await openChat(page)
    await chat.getByText('How can we help?').waitFor()
    t.same(await countWidgets(page), { hosts: 1, launchers: 1 }, way)
    await closer(page).click()
  }
  t.same(stage.complaints(), [])
})

t.test('the script logs an error when it was loaded without a tag', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page, complaints } = await stage.visitor(store)
  const head = `<script type="module">import '${stage.node.origin}/widget.js'</script>`
  const said = page.waitForEvent('console')
  await page.goto(await serveShop(t, { pages: { '/': head } }))
  t.match((await said).text(), /^store-chat: load widget\.js by a script tag/)
  t.equal(complaints.length, 1)
})

t.test('it works in a page that is isolated from other origins', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  for (const policy of ['require-corp', 'credentialless']) {
    const shop = await serveShop(t, {
      pages: {
        '/': `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`,
        '/module': `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" type="module"></script>`,
      },
      headers: { 'cross-origin-embedder-policy': policy, 'cross-origin-opener-policy': 'same-origin' },
    })
    // A site other than the chat's.
    const elsewhere = shop.replace('127.0.0.1', 'localhost')
    for (const path of ['/', '/module']) {
      await page.goto(elsewhere + path)
      t.ok(await page.evaluate(() => crossOriginIsolated), policy)
      await writeIn(await openChat(page), `${policy} at ${path}`)
      await entryIn(chatIn(page), `${policy} at ${path}`).waitFor()
      await closer(page).click()
    }
  }
  t.same(stage.complaints(), [])
})

t.test('it works where the browser denies storage to cross-origin frames', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  await page.addInitScript(() => {
    if (window === window.top) return
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('Access is denied for this document.', 'SecurityError')
        },
      })
    }
  })
  const tag = `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" defer></script>`
  const shop = await serveShop(t, { pages: { '/': tag } })
  await page.goto(shop.replace('127.0.0.1', 'localhost'))
  await writeIn(await openChat(page), 'without storage')
  await entryIn(chatIn(page), 'without storage').waitFor()
  t.same(stage.complaints(), [])
})

t.test('it works in a page that was loaded from a file', async (t) => {
  const stage = await setStage(t)
  const store = await stage.store()
  const { page } = await stage.visitor(store)
  const file = join(await createTempFolder(t), 'app.html')
  await writeFile(file, `<script src="${stage.node.origin}/widget.js" data-token="${store.token}" async></script>`)
  await page.goto(pathToFileURL(file).href)
  await writeIn(await openChat(page), 'from an app')
  await entryIn(chatIn(page), 'from an app').waitFor()
  t.same(stage.complaints(), [])
})
