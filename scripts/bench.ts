/**
 * `npm run bench`: measures the product and its rivals in turn on one machine, and writes the tables to
 * docs/benchmark.md. `npm run bench -- hot-read messages` runs only these benchmarks. Run nothing else at the same
 * time.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { promisify } from 'node:util'
import { measureDesk } from './bench/desk.js'
import { compareFanOut } from './bench/fan-out.js'
import { compareFirstAdmins } from './bench/first-admin.js'
import { compareGrowth } from './bench/growth.js'
import { compareHerds } from './bench/herd.js'
import { compareHotReads } from './bench/hot-read.js'
import { compareIdleSockets } from './bench/idle-sockets.js'
import { compareJwts } from './bench/jwt.js'
import { compareMessages } from './bench/messages.js'
import { compareMetrics } from './bench/metrics.js'
import { comparePartitions } from './bench/partitions.js'
import { withServices, type Services } from './bench/services.js'
import { compareWebhooks } from './bench/webhooks.js'

const RESULTS = 'docs/benchmark.md'

const benchmarks: Record<string, (services: Services) => Promise<string>> = {
  'hot-read': compareHotReads,
  messages: compareMessages,
  metrics: compareMetrics,
  'idle-sockets': compareIdleSockets,
  'fan-out': compareFanOut,
  herd: compareHerds,
  growth: compareGrowth,
  'first-admin': compareFirstAdmins,
  desk: measureDesk,
  partitions: comparePartitions,
  jwt: compareJwts,
  webhooks: compareWebhooks,
}
const intro = `# Benchmark

What \`npm run bench\` wrote. A section is one run, which its first line describes; the load came from the same machine.
Where speed is compared, the contestants took turns, after a round for warming up. Read the ratios, not the numbers: they
say how store-chat compares on one machine in one hour.
`

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !(name in benchmarks))
if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(', ')}`)

for (const [name, compare] of Object.entries(benchmarks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(name)
  await withServices(async (services) => {
    const tables = await compare(services)
    console.log(tables)
    await writeSection(name, `${describeRun()}\n\n${tables}`)
  })
}

function describeRun(): string {
  const all = cpus()
  const day = new Date().toISOString().slice(0, 10)
  return `${day}, ${all.length} × ${all[0]?.model ?? 'an unknown processor'}, Node.js ${process.versions.node}.`
}

/** Replaces one section of the results. */
async function writeSection(name: string, text: string): Promise<void> {
  const before = await readFile(RESULTS, 'utf8').catch(() => '')
  const sections = new Map(
    before
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [
        section.split('\n', 1)[0] ?? '',
        section.slice(section.indexOf('\n')).trim(),
      ]),
  )
  sections.set(name, text.trim())
  const written = Object.keys(benchmarks).flatMap((each) => {
    const section = sections.get(each)
    return section === undefined ? [] : `## ${each}\n\n${section}\n`
  })
  await writeFile(RESULTS, [intro, ...written].join('\n'))
  await promisify(execFile)('node_modules/.bin/oxfmt', [RESULTS])
}
