import t from 'tap'
import type { Message } from '../../../src/client/index.js'
import { importPageModule } from '../support/page-modules.js'

type Conversations = typeof import('../../../src/pages/console/state/open-conversations.js')
type Notes = typeof import('../../../src/pages/console/state/notes.js')
type Timeline = import('../../../src/pages/conversation/timeline.js').Timeline

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

t.test('a conversation that was left is closed once its last message is stored', async (t) => {
  const { createOpenConversations } = await importPageModule<Conversations>('console/state/open-conversations.ts')
  let listeners = 0
  let store: ((message: Message) => void) | undefined
  const never = () => new Promise<never>(() => undefined)
  const client = {
    on: () => {
      listeners++
      return () => listeners--
    },
    send: () => new Promise<Message>((resolve) => (store = resolve)),
    session: never,
    sessions: never,
    notes: never,
  }
  const inBrowser = {
    noteAttemptOf: () => ({ value: '' }),
    follow(_: number, timeline: Timeline) {
      timeline.restore({ id: 'a', content: 'on its way' })
      return () => undefined
    },
  }
  const parts = { chosen: { value: undefined }, inBrowser, rowOf: () => undefined }
  const conversations = createOpenConversations(client as never, parts as never)
  const opened = conversations.open(1)
  await settle()
  t.equal(conversations.get(1), opened, 'its message is on its way')
  store?.({ id: 5, session_id: 1, client_message_id: 'a', sender_type: 'admin', status: 'sent' } as Message)
  await settle()
  t.equal(conversations.get(1), undefined)
  t.equal(listeners, 0, 'and hears of nothing any more')
})

t.test('a note whose response is lost is stored once, even when the next page retries it', async (t) => {
  const { createNotes } = await importPageModule<Notes>('console/state/notes.ts')
  const ids: string[] = []
  const client = {
    on: () => () => undefined,
    notes: () => Promise.resolve({ data: [], has_more: false }),
    addNote({ content, client_note_id }: { content: string; client_note_id: string }) {
      ids.push(client_note_id)
      if (ids.length === 1) return Promise.reject(new Error('The answer is lost'))
      return Promise.resolve({ id: ids.length, session_id: 1, content })
    },
  }
  const attempt = { value: '' }
  const open = () => createNotes(client as never, 1, { value: new Set() } as never, attempt as never)
  await t.rejects(open().write('has called twice'))
  await open().write('has called twice')
  t.equal(ids[1], ids[0])
  await open().write('has called twice')
  t.not(ids[2], ids[0], 'what was stored may be written again')
  await open().write('another')
  t.equal(new Set(ids).size, 3)
})
