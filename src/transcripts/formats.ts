import { BYTE_ORDER_MARK, formatRecord } from '../csv/csv.js'
import { createLocalClock } from '../times/timezone.js'
import { toLine, toLines } from './plain-text.js'
import type { TranscriptHead, TranscriptMessage } from './read-transcript.js'

/** A format of transcripts, which are written in parts. */
export interface TranscriptFormat {
  contentType: string
  begin(head: TranscriptHead): string
  /** `index` counts the messages from 0. */
  write(message: TranscriptMessage, index: number): string
  end: string
}

export type FormatName = 'txt' | 'json' | 'csv'

export function createFormat(name: FormatName, timezone: string): TranscriptFormat {
  const showTime = createLocalClock(timezone)
  const localTime = ({ created }: { created: string }) => showTime(Date.parse(created))
  return formats[name](localTime, timezone)
}

type LocalTime = (thing: { created: string }) => string
const formats: Record<FormatName, (localTime: LocalTime, timezone: string) => TranscriptFormat> = {
  txt: writeText,
  json: writeJson,
  csv: writeCsv,
}

/** Only the first line of a message begins with `[`; all its other lines are indented, whatever it contains. */
function writeText(localTime: LocalTime, timezone: string): TranscriptFormat {
  return {
    contentType: 'text/plain; charset=utf-8',
    begin: ({ session, store }) =>
      `Conversation ${session.id} with ${toLine(store.name)}\nBegan ${localTime(session)} (${timezone})\n\n`,
    write(message) {
      const { sender_type, sender_name, content, attachment_url } = message
      const lines = [
        ...(content === '' ? [] : toLines(content)),
        ...(attachment_url === '' ? [] : [toLine(attachment_url)]),
      ]
      return `[${localTime(message)}] ${toLine(sender_name)} (${sender_type}): ${lines.join('\n    ')}\n`
    },
    end: '',
  }
}

function writeJson(localTime: LocalTime, timezone: string): TranscriptFormat {
  return {
    contentType: 'application/json; charset=utf-8',
    begin: ({ session, store }) => `${JSON.stringify({ session, store, timezone }).slice(0, -1)},"messages":[`,
    write: (message, index) =>
      `${index === 0 ? '' : ','}\n${JSON.stringify({ ...message, local_time: localTime(message) })}`,
    end: '\n]}\n',
  }
}

const columns = [
  'id',
  'time',
  'sender_type',
  'sender_id',
  'sender_name',
  'content',
  'attachment_url',
  'attachment_type',
]

function writeCsv(localTime: LocalTime): TranscriptFormat {
  return {
    contentType: 'text/csv; charset=utf-8; header=present',
    begin: () => `${BYTE_ORDER_MARK}${formatRecord(columns)}`,
    write(message) {
      const { id, sender_type, sender_id, sender_name, content, attachment_url, attachment_type } = message
      const time = localTime(message)
      return formatRecord([id, time, sender_type, sender_id, sender_name, content, attachment_url, attachment_type])
    },
    end: '',
  }
}
