import type { ReadonlySignal } from '@preact/signals'

interface ProblemProps {
  of: ReadonlySignal<string | undefined>
  /** Within a form or a dialog, without a ground of its own. */
  isPlain?: boolean
}

/** Says what has failed, if anything has. */
export const Problem = ({ of: { value }, isPlain = false }: ProblemProps) =>
  value === undefined ? null : (
    <p class={isPlain ? 'problem' : 'notice problem'} role="alert" dir="auto">
      {value}
    </p>
  )
