import t from 'tap'
import { addStore } from '../support/chat/accounts.js'
import { createChatClient } from '../support/chat/chat-client.js'
import { claimConversation } from '../support/chat/conversations.js'
import { startNode } from '../support/nodes/node.js'

const chat = createChatClient(await startNode(t))
const { get, post } = chat
const store = await addStore(chat.node.database)
const send = (fields: object) => post('store/message/', store, fields)

t.test('content is limited in characters, not in bytes or UTF-16 units', async (t) => {
  for (const character of ['a', 'é', '世', '👋']) {
    const longest = await send({ content: character.repeat(10_000) })
    t.equal(longest.status, 200, character)
    t.equal(longest.body.message.content, character.repeat(10_000))
    const tooLong = await send({ content: character.repeat(10_001) })
    t.equal(tooLong.status, 400, character)
    t.equal(tooLong.body.errors[0].field, 'content')
  }
})

t.test('the longest content may arrive with every character escaped', async (t) => {
  const escaped = `{"content":"${'\\ud83d\\udc4b'.repeat(10_000)}"}`
  const { status, body } = await post('store/message/', store, escaped)
  t.equal(status, 200)
  t.equal(body.message.content, '👋'.repeat(10_000))
})

t.test('every character that PostgreSQL can hold survives', async (t) => {
  const content = `${String.fromCharCode(...Array.from({ length: 0x7f }, (_, code) => code + 1))}\u2028\ufffe\ufeff\u{10ffff}`
  const { status, body } = await send({ content })
  t.equal(status, 200)
  t.equal(body.message.content, content)
  const { body: session } = await get('store/session/', store)
  t.equal(session.messages.at(-1).content, content)
})

t.test('text that PostgreSQL cannot hold is refused wherever it stands', async (t) => {
  const { admin, sessionId } = await claimConversation(chat)
  const url = 'https://example.com/'
  for (const bad of ['\\u0000', '\\ud83d', '\\udc4b', '\\udc4b\\ud83d']) {
    for (const [field, body] of [
      ['content', `{"content":"a${bad}b"}`],
      ['attachment_url', `{"attachment_url":"${url}${bad}"}`],
      ['attachment_type', `{"attachment_url":"${url}","attachment_type":"${bad}"}`],
      ['client_message_id', `{"content":"a","client_message_id":"${bad}"}`],
    ] as const) {
      const bySides = [
        await post('store/message/', store, body),
        await post('admin/message/', admin, body.replace('{', `{"session_id":${sessionId},`)),
      ]
      for (const { status, body } of bySides) {
        t.equal(status, 400, `${bad} in ${field}`)
        t.equal(body.errors[0].field, field)
      }
    }
  }
})

t.test('an attachment is an http(s) URL of 2,048 characters at most', async (t) => {
  const longest = `https://example.com/${'a'.repeat(2028)}`
  t.equal((await send({ attachment_url: longest })).body.message.attachment_url, longest)
  t.equal((await send({ attachment_url: 'http://localhost:8000/a b'.replace(' ', '%20') })).status, 200)
  for (const url of [
    `${longest}a`,
    'ftp://example.com/a.png',
    'javascript:alert(1)',
    'data:image/png;base64,AAAA',
    'file:///etc/passwd',
    '//example.com/a.png',
    '/a.png',
    'example.com/a.png',
    'https://',
    'https://exa mple.com/',
    ' https://example.com/',
    'java\nscript:alert(1)',
  ]) {
    const { status, body } = await send({ content: 'look', attachment_url: url })
    t.equal(status, 400, url.slice(0, 40))
    t.equal(body.errors[0].field, 'attachment_url')
  }
})

t.test("an attachment's type is guessed only when it is missing", async (t) => {
  const typeOf = async (fields: object) => (await send(fields)).body.message.attachment_type
  const attachment_url = 'https://example.com/photo.PNG?size=2#top'
  t.equal(await typeOf({ attachment_url }), 'image/png')
  t.equal(await typeOf({ attachment_url, attachment_type: '' }), 'image/png', 'empty is missing')
  t.equal(await typeOf({ attachment_url, attachment_type: 'application/pdf' }), 'application/pdf')
  t.equal(await typeOf({ attachment_url, attachment_type: 'photo' }), 'image/png', 'no MIME type')
  t.equal(await typeOf({ attachment_url: 'https://example.com/photo' }), 'application/octet-stream')
  t.equal(await typeOf({ content: 'no attachment' }), '')
  t.equal(await typeOf({ content: 'no attachment', attachment_type: 'image' }), '', 'there is none to have a type')
})
