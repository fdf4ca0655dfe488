/** Fails for a folder of src or test that holds more files than a reader takes in at one look. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const MOST_FILES = 14

const tooLarge = ['src', 'test']
  .flatMap((folder) => listFolders(folder))
  .map((folder) => ({ folder, files: readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()) }))
  .filter(({ files }) => files.length > MOST_FILES)
for (const { folder, files } of tooLarge) {
  console.error(`${folder} holds ${files.length} files. More than ${MOST_FILES} want a folder of their own.`)
}
process.exitCode = tooLarge.length > 0 ? 1 : 0

/** @param {string} folder */
function listFolders(folder) {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  // Prisma decides what its client is made of.
  const names = inside.map(({ name }) => name).filter((name) => name !== 'generated')
  return [folder, ...names.flatMap((name) => listFolders(join(folder, name)))]
}
