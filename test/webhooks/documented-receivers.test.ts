import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { createChatClient } from '../support/chat/chat-client.js'
import { openConversation } from '../support/chat/conversations.js'
import { findProgram } from '../../harness/find-program.js'
import { findFreePort } from '../../harness/free-port.js'
import { startNode } from '../support/nodes/node.js'
import { until } from '../../harness/until.js'
import { callPlatform, createWebhook, webhookConfig } from '../support/platform/webhooks.js'

const DEADLINE_MS = 30_000
const node = await startNode(t, { config: webhookConfig() })
const chat = createChatClient(node)
const python = await findProgram('python3', 'python')
const whole = await readFile('docs/platform.md', 'utf8')
/** Other examples show how to sign in. */
const page = whole.slice(whole.indexOf('## Webhooks'))

/** Runs the documented receiver in a language, and returns the lines that it prints. */
async function runReceiver(t: Test, language: string, program: string, environment: Record<string, string>) {
  const code = new RegExp(`\`\`\`${language}\\n(import [^]*?)\`\`\``).exec(page)?.[1] ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'receiver-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, `receiver.${language === 'js' ? 'mjs' : 'py'}`)
  await writeFile(file, code)
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  const { PATH = '' } = process.env
  const child = spawn(program, [file], { env: { PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const written = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text))
  return () => written
}

for (const [language, program] of [
  ['js', process.execPath],
  ['python', python],
] as const) {
  t.test(
    `the receiver in ${language} takes what is signed, once, and nothing else`,
    { skip: program === undefined },
    async (t) => {
      const port = await findFreePort()
      const url = `http://127.0.0.1:${port}/`
      const { id, secret } = await createWebhook(node, url)
      const read = await runReceiver(t, language, program ?? '', { PORT: String(port), WEBHOOK_SECRET: secret })
      const { store } = await openConversation(chat)
      await chat.post('store/message/', store, { content: 'hello' })
      // It may not listen yet at the first attempt.
      await until(() => read().out.includes('message.created 2'), DEADLINE_MS, JSON.stringify(read()))
      t.equal(read().out, 'session.created 1\nmessage.created 2\n')

      const { body } = await callPlatform(node, 'GET', `${id}/deliveries/`)
      const replayed = await callPlatform(node, 'POST', `deliveries/${body.data[0].id}/replay/`)
      t.match(replayed.body, { status: 'delivered', response_status: 204 })
      t.equal(read().out, 'session.created 1\nmessage.created 2\n', 'a repeat is answered, not acted on')
      const forged = await fetch(url, {
        method: 'POST',
        headers: {
          'webhook-id': 'evt_1',
          'webhook-timestamp': `${Math.floor(Date.now() / 1000)}`,
          'webhook-signature': 'v1,AAAA',
        },
        body: '{"type":"message.created","data":{}}',
      })
      t.equal(forged.status, 400)
      await callPlatform(node, 'DELETE', `${id}/`)
    },
  )
}
