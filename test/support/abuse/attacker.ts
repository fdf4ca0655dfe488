/** A process of its own that makes one attack, which its only argument describes, and prints what came of it. */
import { attacks } from './attacks.js'
import type { Attack, Spec } from './wire.js'

/** What an attack that does not end may take longer than it was given. */
const GRACE_MS = 5000

const spec = JSON.parse(process.argv[2] ?? '{}') as Spec
const attack: Attack = {
  ...spec,
  counts: { sent: 0, refused: 0, closed: 0 },
  endsAt: Date.now() + spec.seconds * 1000,
}

function leave(): void {
  console.log(JSON.stringify({ counts: attack.counts }))
  process.exit(0)
}

setTimeout(leave, spec.seconds * 1000 + GRACE_MS)
void attacks[spec.attack]?.(attack).then(leave)
