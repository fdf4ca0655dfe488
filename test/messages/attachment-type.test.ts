import t from 'tap'
import { guessAttachmentType, isSameAttachmentType, readAttachmentType } from '../../src/messages/attachment-type.js'

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

t.test('a type that is no MIME type counts as missing', async (t) => {
  const url = 'https://example.com/a.png'
  for (const type of ['application/pdf', 'image/svg+xml', 'application/vnd.ms-excel', 'text/plain; charset=utf-8']) {
    t.equal(readAttachmentType(url, type), type)
  }
  for (const type of [
    '',
    'image',
    'image/',
    '/png',
    'image/png/x',
    'photo of it',
    'a b/c',
    '<svg>/x',
    'bild/übersicht',
  ]) {
    t.equal(readAttachmentType(url, type), 'image/png', type)
  }
  t.equal(readAttachmentType('', 'image/png'), '', 'no attachment has none')
})

t.test('a repeated send has the same type as one that an earlier version stored', async (t) => {
  const url = 'https://example.com/a.png'
  t.ok(isSameAttachmentType(url, 'image/png', 'image/png'))
  t.ok(isSameAttachmentType(url, 'image/png', 'image'), 'its guess')
  t.ok(isSameAttachmentType(url, 'image/png', 'a photo'), 'what a client gave it')
  t.ok(isSameAttachmentType('https://example.com/a', UNKNOWN, 'file'))
  t.notOk(isSameAttachmentType(url, 'application/pdf', 'image'))
  t.notOk(isSameAttachmentType(url, 'application/pdf', 'image/png'))
})
