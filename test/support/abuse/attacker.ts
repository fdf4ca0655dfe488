/** A program that runs the attack that its argument describes, and prints the result. */
import { attacks } from './attacks.js'
import type { Attack, Spec } from './wire.js'

/** An attack that runs longer than its duration plus this time is ended. */
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
