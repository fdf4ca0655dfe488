/**
 * `npm run client:try`: installs the client package into small projects in a temporary folder, and builds them with
 * bundlers and compilers from npm. `npm run client:try -- Next.js webpack` builds only these.
 */
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { projects, type Project } from './client-try/projects.js'

const DEADLINE_MS = 600_000
const wanted = process.argv.slice(2)
const chosen = Object.entries(projects).filter(
  ([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
)
const folder = await mkdtemp(join(tmpdir(), 'store-chat-try-'))

/** @throws Error with the output of the command */
function run(command: string, cwd: string): string {
  const env = { ...process.env, PATH: `${join(cwd, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`, CI: '1' }
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    env,
    shell: true,
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  })
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`)
  return stdout
}

async function tryProject({ packages, files, commands, output }: Project, tarball: string): Promise<void> {
  const project = await mkdtemp(join(folder, 'project-'))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(project, path)), { recursive: true })
    await writeFile(join(project, path), text)
  }
  await write('package.json', '{ "private": true }')
  for (const [path, text] of Object.entries(files)) await write(path, text)
  await copyFile(tarball, join(project, 'package.tgz'))
  const quoted = packages.map((name) => `'${name}'`).join(' ')
  run(`npm install --no-audit --no-fund --no-save ./package.tgz ${quoted}`, project)
  for (const command of commands) run(command, project)
  if (output && !(await readFile(join(project, output.path), 'utf8')).includes(output.holds)) {
    throw new Error(`${output.path} contains nothing of the package`)
  }
  await rm(project, { recursive: true, force: true })
}

try {
  const tarball = run(`'${process.execPath}' scripts/client-pack.mjs '${folder}'`, process.cwd()).trim()
  for (const [name, project] of chosen) {
    const startedAt = Date.now()
    const failure = await tryProject(project, tarball).catch((error: unknown) => error)
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0)
    console.log(`${failure === undefined ? 'pass' : 'FAIL'}  ${name} ${seconds} s`)
    if (failure === undefined) continue
    console.log(failure instanceof Error ? failure.message : failure)
    process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
