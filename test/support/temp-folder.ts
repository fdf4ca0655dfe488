import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Creates an empty folder, which is removed at the end of the test. */
export async function createTempFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'store-chat-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
