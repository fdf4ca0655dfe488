import type { ReadonlySignal } from '@preact/signals'
import { translate } from '../languages/translate.js'
import type { Connection } from './connection.js'

/** Always visible. Screen readers announce its changes. */
export function ConnectionBadge({ connection }: { connection: ReadonlySignal<Connection> }) {
  return (
    <span class={`connection ${connection.value}`} role="status">
      <span class="dot" aria-hidden="true" />
      {translate(`connection.${connection.value}`)}
    </span>
  )
}
