import t from 'tap'
import { guessAttachmentType, isSameAttachmentType } from '../../src/messages/attachment-type.js'

const UNKNOWN = 'application/octet-stream'

const guesses = {
  '': '',
  'https://example.com/a.png': 'image/png',
  'https://example.com/a.JPEG': 'image/jpeg',
  'https://example.com/a.b.webp?x=.mp3': 'image/webp',
  'https://example.com/a.mp4#t=1': 'video/mp4',
  'https://example.com/a.mp3': 'audio/mpeg',
  'https://example.com/a.heic': 'image/heic',
  'https://example.com/a.pdf': 'application/pdf',
  'https://example.com/a.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'https://example.com/a': UNKNOWN,
  'https://example.com/png': UNKNOWN,
  'https://example.com/a.png/': UNKNOWN,
  'https://example.png': UNKNOWN,
  'https://example.com/a?b.png': UNKNOWN,
  'https://example.com/a.constructor': UNKNOWN,
  'https://example.com/a.unheard-of': UNKNOWN,
}

t.test('the MIME type of an attachment follows from the extension of its path', async (t) => {
  for (const [url, type] of Object.entries(guesses)) t.equal(guessAttachmentType(url), type, url)
})

t.test('a repeated send has the same type as one that an earlier version guessed', async (t) => {
  const url = 'https://example.com/a.png'
  t.ok(isSameAttachmentType(url, 'image/png', 'image/png'))
  t.ok(isSameAttachmentType(url, 'image/png', 'image'))
  t.ok(isSameAttachmentType('https://example.com/a', UNKNOWN, 'file'))
  t.ok(isSameAttachmentType(url, 'image', 'image'), 'what a client says itself is compared as it is')
  t.notOk(isSameAttachmentType(url, 'application/pdf', 'image'))
  t.notOk(isSameAttachmentType(url, 'image', 'image/png'))
})
