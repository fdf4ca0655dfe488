import { CSV_BEGINNING, writeRecord } from '../csv/csv.js'
import { createLocalClock } from '../times/timezone.js'
import { toLine, toLines } from './plain-text.js'
import type { TranscriptHead, TranscriptMessage } from './read-transcript.js'

/** How a transcript is written, piece by piece. */
export interface TranscriptFormat {
  contentType: string
  begin(head: TranscriptHead): string
  /** `place` counts the messages from 0. */
  write(message: TranscriptMessage, place: number): string
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

/** A line that begins with `[` begins a message; all other lines of it are indented, whatever it holds. */
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
    write: (message, place) =>
      `${place === 0 ? '' : ','}\n${JSON.stringify({ ...message, local_time: localTime(message) })}`,
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
    begin: () => `${CSV_BEGINNING}${writeRecord(columns)}`,
    write(message) {
      const { id, sender_type, sender_id, sender_name, content, attachment_url, attachment_type } = message
      const time = localTime(message)
      return writeRecord([id, time, sender_type, sender_id, sender_name, content, attachment_url, attachment_type])
    },
    end: '',
  }
}
