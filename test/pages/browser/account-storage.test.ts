import t from 'tap'
import type * as storage from '../../../src/pages/browser/account-storage.js'
import { importPageModule } from '../support/page-modules.js'

/** The parts of Storage that the module uses: its keys are the object's own properties. */
function createStorage() {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = value
    },
    removeItem(this: Record<string, string>, key: string) {
      Reflect.deleteProperty(this, key)
    },
  }
  return Object.create(methods) as Record<string, string>
}

t.test('values that must be kept are not evicted', async (t) => {
  const globals = { localStorage: createStorage(), location: { href: 'https://chat.example.com/chat/' } }
  Object.assign(globalThis, globals)
  t.teardown(() => {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name)
  })
  const { openAccountStorage } = await importPageModule<typeof storage>('browser/account-storage.ts')
  const { list, read, write } = openAccountStorage({ side: 'admin', id: 1 }, 'waiting.')
  t.ok(write('waiting.1', 'first'))
  const texts = Array.from({ length: 150 }, (_, count) => write(`text.${count}`, `text ${count}`))
  t.same(new Set(texts), new Set([true]), 'each is kept at first')
  t.equal(read('waiting.1'), 'first')
  t.equal(list('').length, 100)
  t.equal(read('text.0'), undefined, 'the oldest texts are dropped')
  const waiting = Array.from({ length: 99 }, (_, place) => write(`waiting.${place + 2}`, place + 2))
  t.same(new Set(waiting), new Set([true]))
  t.same(list('text.'), [])
  t.notOk(write('waiting.101', 101), 'says that it is not kept')
  t.equal(read('waiting.1'), 'first')
})
