import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createTempFolder } from '../support/temp-folder.js'
import { until } from '../../harness/until.js'

/** Stands for npm, npx and the compiler: it writes down when it begins and ends, and makes what they make. */
const TOOL = `#!/bin/sh
echo begin >> steps
sleep 0.2
case "$*" in
  ci*) mkdir -p node_modules/typescript-native/bin; cp tool.mjs node_modules/typescript-native/bin/tsc
    touch node_modules/.package-lock.json; node scripts/setup.mjs ;;
  *generate) mkdir -p src/generated/prisma; touch src/generated/prisma/client.ts ;;
esac
echo end >> steps
`
const COMPILER = `import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
mkdirSync('dist', { recursive: true })
appendFileSync('built', '.')
writeFileSync('dist/.tsbuildinfo', '')
if (existsSync('slow')) await delay(600_000)
`

async function createCheckout(t: Test): Promise<string> {
  const folder = await createTempFolder(t)
  for (const name of ['scripts', 'src', 'prisma', 'bin']) await mkdir(join(folder, name))
  await copyFile('scripts/setup.mjs', join(folder, 'scripts/setup.mjs'))
  for (const name of ['src/a.ts', 'tsconfig.json', 'package-lock.json', 'prisma/schema.prisma', 'steps']) {
    await writeFile(join(folder, name), '')
  }
  for (const name of ['npm', 'npx']) await writeFile(join(folder, 'bin', name), TOOL, { mode: 0o755 })
  for (const name of ['tool.mjs', 'scripts/build-pages.mjs']) await writeFile(join(folder, name), COMPILER)
  return folder
}

function setUp(t: Test, folder: string) {
  const child = spawn(process.execPath, ['scripts/setup.mjs'], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const written = { err: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const kill = () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  t.teardown(kill)
  return { ended, kill, written }
}

const countBuilds = async (folder: string) => (await readFile(join(folder, 'built'), 'utf8').catch(() => '')).length

t.test('of several that set a fresh checkout up at once, one does it and the others wait', async (t) => {
  const folder = await createCheckout(t)
  const all = [1, 2, 3].map(() => setUp(t, folder))
  t.same(await Promise.all(all.map(({ ended }) => ended)), [0, 0, 0])
  t.equal(
    await readFile(join(folder, 'steps'), 'utf8'),
    'begin\nbegin\nend\nend\n',
    'the client is made within the installation',
  )
  t.equal(await countBuilds(folder), 3, 'two compilations and the pages')
  const waited = all.filter(({ written }) =>
    /^Another process \(\d+\) prepares .*, waiting for it.*\n$/.test(written.err),
  )
  t.equal(waited.length, 2)
})

t.test('one that was killed keeps nobody from it, and what it left half-made is made anew', async (t) => {
  const folder = await createCheckout(t)
  await writeFile(join(folder, 'slow'), '')
  const killed = setUp(t, folder)
  await until(async () => (await countBuilds(folder)) === 3, 10_000, 'it builds')
  killed.kill()
  await killed.ended
  await rm(join(folder, 'slow'))
  t.equal(await setUp(t, folder).ended, 0)
  t.equal(await countBuilds(folder), 6)
  t.equal(await setUp(t, folder).ended, 0)
  t.equal(await countBuilds(folder), 6, 'now all is there')
})
