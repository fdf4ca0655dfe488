import { useSignal } from '@preact/signals'
import { download, timeZone } from '../../browser/download.js'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import type { Desk } from '../state/desk.js'

const formats = ['txt', 'csv', 'json'] as const

/** Downloads the transcript of a session, without its notes. */
export function TranscriptForm({ desk, sessionId }: { desk: Desk; sessionId: number }) {
  const isBusy = useSignal(false)
  const save = async (format: (typeof formats)[number]) => {
    isBusy.value = true
    try {
      await download({
        token: desk.token,
        path: 'admin/transcript/',
        query: { session_id: sessionId, format, timezone: timeZone() },
        name: `conversation-${sessionId}.${format}`,
      })
    } catch (error) {
      desk.toasts.add(describeError(error))
    }
    isBusy.value = false
  }
  return (
    <section>
      <h4>{translate('transcript.title')}</h4>
      <p class="formats">
        {formats.map((format) => (
          <button key={format} type="button" disabled={isBusy.value} onClick={() => void save(format)}>
            {translate(`transcript.${format}`)}
          </button>
        ))}
      </p>
    </section>
  )
}
