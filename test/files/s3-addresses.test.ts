import t from 'tap'
import { readConfig } from '../../src/config/config.js'
import { openStorage } from '../../src/files/storage/open-storage.js'

const KEYS = { S3_BUCKET: 'chat', S3_ACCESS_KEY_ID: 'key', S3_SECRET_ACCESS_KEY: 'secret' }

t.test('the bucket is named by the host at AWS, and by the path elsewhere, unless a setting says so', async (t) => {
  const addresses: [Record<string, string>, string][] = [
    [{ S3_REGION: 'eu-central-1' }, 'https://chat.s3.eu-central-1.amazonaws.com/id?'],
    [{ S3_ADDRESSING: 'path' }, 'https://s3.us-east-1.amazonaws.com/chat/id?'],
    [{ S3_ENDPOINT: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000/chat/id?'],
    [{ S3_ENDPOINT: 'https://s3.example.com/', S3_ADDRESSING: 'host' }, 'https://chat.s3.example.com/id?'],
  ]
  for (const [environment, expected] of addresses) {
    const { files } = readConfig({ ...KEYS, ...environment })
    const storage = await openStorage(files)
    const answer = await storage.get('id', { first: 0, last: 1 }, { type: 'text/plain', disposition: 'attachment' })
    t.ok('redirect' in answer && answer.redirect.startsWith(expected), JSON.stringify(answer))
  }
})

t.test('settings that do not fit are refused at the start', async (t) => {
  const bad: [Record<string, string>, RegExp][] = [
    [{ S3_BUCKET: 'chat' }, /^S3_ACCESS_KEY_ID must be set with S3_BUCKET\nS3_SECRET_ACCESS_KEY must/],
    [{ ...KEYS, S3_ENDPOINT: 'ftp://host' }, /^S3_ENDPOINT /],
    [{ ...KEYS, S3_ENDPOINT: 'https://host/path' }, /^S3_ENDPOINT /],
    [{ ...KEYS, S3_BUCKET: 'A' }, /^S3_BUCKET /],
    [{ UPLOAD_TYPES: 'png,svg' }, /^UPLOAD_TYPES knows no svg/],
    [{ UPLOAD_SCAN: 'http://host' }, /^UPLOAD_SCAN /],
    [{ UPLOAD_MAX_BYTES: '0' }, /^UPLOAD_MAX_BYTES /],
    [{ PUBLIC_URL: 'https://host/?x' }, /^PUBLIC_URL must be scheme, host and path/],
  ]
  for (const [environment, message] of bad) t.throws(() => readConfig(environment), message)
  const { files, publicUrl } = readConfig({
    UPLOAD_TYPES: ' PNG, jpg,',
    UPLOAD_SCAN: 'clamd://[::1]',
    PUBLIC_URL: 'https://host/chat/',
    DATA_DIR: '/data',
  })
  t.match(
    { files, publicUrl },
    {
      publicUrl: 'https://host/chat',
      files: { extensions: ['png', 'jpg'], scanner: { host: '::1', port: 3310 }, folder: '/data/files' },
    },
  )
})
