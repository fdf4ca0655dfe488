/** Fails if a folder of src or test has too many files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const MAX_FILES = 14

const tooLarge = ['src', 'test']
  .flatMap((folder) => listFolders(folder))
  .map((folder) => ({ folder, files: readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile()) }))
  .filter(({ files }) => files.length > MAX_FILES)
for (const { folder, files } of tooLarge) {
  console.error(
    `${folder} contains ${files.length} files; at most ${MAX_FILES} are allowed. Move some into a subfolder.`,
  )
}
process.exitCode = tooLarge.length > 0 ? 1 : 0

/** @param {string} folder */
function listFolders(folder) {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  // Prisma generates these files.
  const names = inside.map(({ name }) => name).filter((name) => name !== 'generated')
  return [folder, ...names.flatMap((name) => listFolders(join(folder, name)))]
}
