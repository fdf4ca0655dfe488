import type { ReadonlySignal } from '@preact/signals'

interface ProblemProps {
  of: ReadonlySignal<string | undefined>
  /** Without a background, for forms and dialogs. */
  isPlain?: boolean
}

/** Shows an error as an alert; renders nothing while there is none. */
export const Problem = ({ of: { value }, isPlain = false }: ProblemProps) =>
  value === undefined ? null : (
    <p class={isPlain ? 'problem' : 'notice problem'} role="alert" dir="auto">
      {value}
    </p>
  )
