import { createHash } from 'node:crypto'

/** Tests that take long start first, so that none of them runs alone at the end. Tests that mostly wait start with them. */
const FIRST = new RegExp(
  [
    '^test/(embedded|faults|pooler|server|cli|database|limits|authorization)\\b',
    '^test/sessions/(large-session|session-race)',
    '^test/realtime/(receipts/unread|presence)',
    '^test/(accounts/revocation-matrix|webhooks/delivery/deliveries)',
  ].join('|'),
)

export interface ProcessPlan {
  files: string[]
  /** Processes that run at the same time. */
  jobs: number
  /** Whether a file needs a process of its own. The others share processes, each of which claims one file after the other. */
  isAlone(file: string): boolean
}

/**
 * Returns the files of each process. Files that share processes are in the list of each of them. Processes are shared
 * because starting one and loading the product takes two seconds of CPU time, more than most files.
 */
export function planProcesses({ files, jobs, isAlone }: ProcessPlan): string[][] {
  const sorted = [...files].sort((one, other) => rank(one) - rank(other) || (digest(one) < digest(other) ? -1 : 1))
  const shared = sorted.filter((file) => !isAlone(file))
  const sharing = Array.from({ length: Math.min(jobs, shared.length) }, () => shared)
  return [...sorted.filter(isAlone).map((file) => [file]), ...sharing]
}

const rank = (file: string) => (FIRST.test(file) ? 0 : 1)

/** Mixes the folders: the tests of one often all wait, or all compute. */
const digest = (file: string) => createHash('sha256').update(file).digest('hex')
