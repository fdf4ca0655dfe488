import { explain, runCommand, usage, type Started } from './commands.js'

const started: Started = {}
const words = process.argv.slice(2)
const state = { isInterrupted: false }

// Without a listener, a signal would end this process and leave an embedded PostgreSQL running.
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.on(signal, () => void interrupt(128 + number))
}
try {
  if (words.some((word) => word === '--help' || word === '-h')) console.log(usage)
  else await runCommand(words, process.env, (result) => console.log(JSON.stringify(result)), started)
} catch (error) {
  // An interrupt closes the database under the command, which then fails.
  if (!state.isInterrupted) {
    console.error(explain(error))
    process.exit(1)
  }
}

/** Waits until a start of the embedded PostgreSQL has finished, because before that its owner is unknown. */
async function interrupt(exitCode: number): Promise<void> {
  if (state.isInterrupted) process.exit(exitCode)
  state.isInterrupted = true
  const embedded = await started.embedded?.catch(() => undefined)
  await embedded?.close().catch(() => undefined)
  process.exit(exitCode)
}
