import t from 'tap'
import { guessAttachmentType } from '../../src/messages/attachment-type.js'

const guesses = {
  '': '',
  'https://example.com/a.png': 'image',
  'https://example.com/a.JPEG': 'image',
  'https://example.com/a.b.webp?x=.mp3': 'image',
  'https://example.com/a.mp4#t=1': 'video',
  'https://example.com/a.mp3': 'audio',
  'https://example.com/a.pdf': 'file',
  'https://example.com/a': 'file',
  'https://example.com/a.png/': 'file',
  'https://example.png': 'file',
  'https://example.com/a?b.png': 'file',
  'https://example.com/a.constructor': 'file',
}

t.test('the type of an attachment follows from the ending of its path', async (t) => {
  for (const [url, type] of Object.entries(guesses)) t.equal(guessAttachmentType(url), type, url)
})
