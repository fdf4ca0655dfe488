import { spawn } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { readConfig } from '../../../src/config/config.js'
import type { FilesConfig } from '../../../src/files/settings/file-settings.js'
import { findFreePort } from '../../../harness/free-port.js'
import { createTempFolder } from '../temp-folder.js'
import { until } from '../../../harness/until.js'
import { S3_SERVER_VARIABLE } from '../../../harness/variables.js'

const KEYS = { S3_ACCESS_KEY_ID: 'access-key', S3_SECRET_ACCESS_KEY: 'secret-key-of-the-tests' }

/** A Versity S3 Gateway. Its buckets are folders, which tests read directly. */
export interface S3Server {
  files: FilesConfig
  /** Files in the bucket. */
  list(): Promise<string[]>
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startS3Server(t: Test): Promise<S3Server> {
  const program = process.env[S3_SERVER_VARIABLE]
  if (program === undefined) throw new Error('Run this test by `npm run test:s3`')
  const [root, folder, port] = [await createTempFolder(t), await createTempFolder(t), await findFreePort()]
  const endpoint = `http://127.0.0.1:${port}`
  await mkdir(join(root, 'chat'))
  let child: ReturnType<typeof spawn> | undefined

  async function start() {
    const { S3_ACCESS_KEY_ID: access, S3_SECRET_ACCESS_KEY: secret } = KEYS
    const args = ['--access', access, '--secret', secret, '--port', `127.0.0.1:${port}`, '--quiet', 'posix', root]
    child = spawn(program ?? '', args, { stdio: 'ignore', cwd: root })
    await until(() => fetch(endpoint).then(() => true), 10_000, 'the S3 server answers')
  }
  async function stop() {
    if (child === undefined) return
    const exited = new Promise((resolve) => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    child = undefined
  }
  await start()
  t.teardown(stop)
  const { files } = readConfig({ ...KEYS, S3_BUCKET: 'chat', S3_ENDPOINT: endpoint, FILES_DIR: folder })
  const list = async () => (await readdir(join(root, 'chat'))).filter((name) => !name.startsWith('.'))
  return { files, list, start, stop }
}
