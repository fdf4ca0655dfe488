import t, { type Test } from 'tap'
import { addStore } from '../../support/chat/accounts.js'
import { startNode } from '../../support/nodes/node.js'
import { until } from '../../../harness/until.js'
import { watchStore } from '../support/connect.js'
import { startProxy } from '../support/proxy.js'

const node = await startNode(t)

/** Defines the browser's globals that the client uses, until the end of the test. */
function pretendBrowser(t: Test) {
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const window = new EventTarget()
  const globals = {
    document: page,
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
  }
  Object.assign(globalThis, globals)
  t.teardown(() => {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name)
  })
  return {
    online: () => window.dispatchEvent(new Event('online')),
    show(state: 'visible' | 'hidden') {
      page.visibilityState = state
      page.dispatchEvent(new Event('visibilitychange'))
    },
  }
}

/** A store with a dead connection that no close announces; only a check notices it during the test. */
async function startSilent(t: Test) {
  const browser = pretendBrowser(t)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(node.database), { timing: { checkMs: 200 } })
  await store.reaches('online')
  way.hush('both')
  const send = store.client.send({ content: 'still here' })
  send.catch(() => undefined)
  await until(() => way.swallowedCount() > 0, 5000)
  way.heal()
  way.hush('both')
  return { ...store, way, browser, send }
}

const ways = {
  'the network is back': ({ browser }: Awaited<ReturnType<typeof startSilent>>) => browser.online(),
  'the page becomes visible': ({ browser }: Awaited<ReturnType<typeof startSilent>>) => browser.show('visible'),
  'the application asks for it': ({ client }: Awaited<ReturnType<typeof startSilent>>) => client.reconnect(),
}

for (const [name, act] of Object.entries(ways)) {
  t.test(`a connection that only counts as open is replaced when ${name}`, async (t) => {
    const store = await startSilent(t)
    act(store)
    await store.reaches('offline', 5000)
    store.way.heal()
    t.match(await store.send, { content: 'still here' })
    t.same(store.contents(), ['still here'])
  })
}

t.test('a connection that answers is kept', async (t) => {
  const browser = pretendBrowser(t)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(node.database), { timing: { checkMs: 2000, pingMs: 60_000 } })
  await store.reaches('online')
  const before = way.connectionCount()
  for (let count = 0; count < 5; count++) {
    browser.online()
    browser.show('visible')
    browser.show('hidden')
    store.client.reconnect()
  }
  await store.client.send({ content: 'the same connection' })
  t.equal(way.connectionCount(), before)
  t.same(store.told.state, ['online'])
})

t.test('a connection that is being made over the old network is given up', async (t) => {
  const browser = pretendBrowser(t)
  const way = await startProxy(t, node)
  way.hush('both')
  const store = watchStore(t, way, await addStore(node.database), { timing: { checkMs: 200 } })
  await until(() => way.swallowedCount() > 0, 5000, 'the upgrade is lost')
  browser.online()
  way.heal()
  await store.reaches('online', 5000)
  t.same(store.told.state, ['online'])
})

t.test('without a connection it connects at once instead of after the pause', async (t) => {
  const browser = pretendBrowser(t)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(node.database), {
    random: () => 0.99,
    timing: { retryMs: 60_000, longestRetryMs: 60_000 },
  })
  await store.reaches('online')
  way.cut()
  await store.reaches('offline')
  browser.online()
  await store.reaches('online', 5000)
})

t.test('a client that is closed listens no more', async (t) => {
  const browser = pretendBrowser(t)
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(node.database))
  await store.reaches('online')
  store.client.close()
  const before = way.connectionCount()
  browser.online()
  browser.show('visible')
  store.client.reconnect()
  t.equal(way.connectionCount(), before)
  t.same(store.told.state, ['online', 'closed'])
})

t.test('a listener that reconnects or closes in the middle of an end leaves one connection, or none', async (t) => {
  const way = await startProxy(t, node)
  const store = watchStore(t, way, await addStore(node.database))
  await store.reaches('online')
  const off = store.client.on('state', (state) => {
    if (state === 'offline') store.client.reconnect()
  })
  const before = way.connectionCount()
  way.cut()
  await until(() => store.told.state.length === 3, 5000, 'online again')
  t.equal(way.connectionCount(), before + 1)
  off()
  store.client.on('state', (state) => {
    if (state === 'offline') store.client.close()
  })
  way.cut()
  await store.reaches('closed')
})
