import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

/** Returns what the command says when it refuses. */
async function runLoad(words: string[], k6Path: string, proxy = ''): Promise<string> {
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/load.ts', ...words], {
    // What it covers is no part of the product.
    env: { ...process.env, NODE_V8_COVERAGE: '', K6_PATH: k6Path, PROXY: proxy },
  })
  return run.then(
    () => 'nothing',
    (error: unknown) => (error as { stderr: string }).stderr,
  )
}

void t.test('a word that is no load test is named, with those that are', async (t) => {
  const text = await runLoad(['race', 'strom'], '/none')
  t.match(
    text,
    'There is no load test "strom". There are: session, race, conversation, sockets, storm, inbox, files, desk, workday.',
  )
})

void t.test('a K6_PATH that is no k6 is named', async (t) => {
  t.match(await runLoad(['race'], '/none'), 'K6_PATH=/none is no k6.')
})

void t.test('a PROXY that is none is named, with those that are', async (t) => {
  t.match(await runLoad(['storm'], '/none', 'haproxy'), 'There is no proxy "haproxy". There are: caddy, nginx.')
})
