/**
 * `npm run bench`: measures the product beside its rivals, in turn, in one run on one machine, and writes the tables to
 * docs/benchmark.md. `npm run bench -- hot-read` measures one thing. Nothing else should run meanwhile.
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { compareFanOut } from './bench/fan-out.js'
import { compareGrowth } from './bench/growth.js'
import { compareHotReads } from './bench/hot-read.js'
import { compareIdleSockets } from './bench/idle-sockets.js'
import { compareMessages } from './bench/messages.js'
import { withServices, type Services } from './bench/services.js'

const benchmarks: Record<string, (services: Services) => Promise<string>> = {
  'hot-read': compareHotReads,
  messages: compareMessages,
  'idle-sockets': compareIdleSockets,
  'fan-out': compareFanOut,
  growth: compareGrowth,
}

const chosen = process.argv.slice(2)
const tables: string[] = []
for (const [name, compare] of Object.entries(benchmarks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(name)
  await withServices(async (services) => {
    const table = await compare(services)
    tables.push(table)
    console.log(table)
  })
}
if (chosen.length === 0) {
  const [cpu] = cpus()
  const intro = `# Benchmark\n\nOne run of \`npm run bench\` on ${cpus().length} × ${cpu?.model ?? 'unknown'}, Node.js ${process.versions.node}. The load came from the same machine. Read the ratios, not the numbers.\n\n`
  await writeFile('docs/benchmark.md', intro + tables.join('\n'))
}
