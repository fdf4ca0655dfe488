import type { Http } from './transport/http.js'
import type {
  CannedReply,
  Colleague,
  Note,
  SessionCounts,
  SessionForAdmins,
  SessionForAdminsWithStore,
} from '../protocol/desk.js'
import type { Message, Store } from '../protocol/wire.js'

export interface NotePage {
  /** Oldest first. */
  data: Note[]
  /** Whether there are older ones. */
  has_more: boolean
}

/** A message that holds what was looked for. */
export interface SearchHit {
  message: Message
  session: SessionForAdmins
  store: Store
  /** Where in the message's content: positions in UTF-16 code units, from and up to. */
  highlights: [start: number, end: number][]
}

export interface SearchPage {
  /** Newest first. */
  data: SearchHit[]
  /** null on the last page. */
  next_cursor: string | null
}

/** How long something took, in seconds; null where it was never measured. */
export interface Span {
  p50: number | null
  p90: number | null
  count: number
}

export interface ReportRow {
  sessions: number
  closed: number
  waiting_until_claimed: Span
  waiting_until_answered: Span
  duration: Span
  ratings: { count: number; average: number | null } & Record<'1' | '2' | '3' | '4' | '5', number>
}

export interface Report {
  from: string
  to: string
  timezone: string
  total: ReportRow
  /** `key`: a date, an hour, the id of an admin (`none`: nobody), or a tag. `name`: an admin's. */
  data: (ReportRow & { key: string; name?: string })[]
}

export interface SearchQuery {
  q: string
  store_id?: number
  from?: string
  to?: string
  limit?: number
  cursor?: string
}

export interface ReportQuery {
  from?: string
  to?: string
  /** IANA name. Days and hours are of this time zone. */
  timezone?: string
  group?: 'day' | 'hour' | 'admin' | 'tag'
  admin_id?: number
  tag?: string
}

/** What admins do with sessions among themselves: stores see none of it. */
export interface DeskCalls {
  /** How many sessions wait and are held, and how many bear each tag. */
  counts(): Promise<SessionCounts>
  /** The active admins by name, with who is online and how many sessions each holds. */
  admins(): Promise<Colleague[]>
  /** Sets the tags, the priority, or both. */
  updateSession(
    sessionId: number,
    details: { tags?: readonly string[]; priority?: number },
  ): Promise<SessionForAdminsWithStore>
  /** The newest notes of a session, or those before one; oldest first. */
  notes(page: { session_id: number; before?: number; limit?: number }): Promise<NotePage>
  /** Writes a note on a session. The same `client_note_id` again answers with the first note. */
  addNote(note: { session_id: number; content: string; client_note_id?: string }): Promise<Note>
  deleteNote(id: number): Promise<void>
  /** The own canned replies and the shared ones, those that this admin uses most first. */
  canned(page?: { q?: string; limit?: number }): Promise<CannedReply[]>
  /** Adds a canned reply, or changes the one of the given id. Shared ones are written by supervisors. */
  saveCanned(canned: { shortcut: string; content: string; shared: boolean }, id?: number): Promise<CannedReply>
  deleteCanned(id: number): Promise<void>
  /** The text of a canned reply for a session, its placeholders filled in. Counts as a use. */
  useCanned(id: number, sessionId: number): Promise<string>
  /** Messages that hold the words, newest first. */
  search(query: SearchQuery): Promise<SearchPage>
  /** For supervisors. */
  report(query: ReportQuery): Promise<Report>
}

export function createDeskCalls(http: Http): DeskCalls {
  return {
    counts: () => http.get('admin/sessions/counts/'),
    admins: async () => (await http.get<{ data: Colleague[] }>('admin/admins/', {}, 'data')).data,
    updateSession: (session_id, details) => http.post('admin/session/update/', { session_id, ...details }),
    notes: (page) => http.get('admin/notes/', { ...page }, 'data'),
    addNote: (note) => http.post('admin/notes/', { ...note }),
    deleteNote: (id) => http.delete(`admin/notes/${id}/`).then(() => undefined),
    canned: async (page = {}) => (await http.get<{ data: CannedReply[] }>('admin/canned/', { ...page }, 'data')).data,
    saveCanned: (canned, id) =>
      id === undefined ? http.post('admin/canned/', { ...canned }) : http.put(`admin/canned/${id}/`, { ...canned }),
    deleteCanned: (id) => http.delete(`admin/canned/${id}/`).then(() => undefined),
    useCanned: (id, session_id) =>
      http.post<{ content: string }>(`admin/canned/${id}/use/`, { session_id }).then(({ content }) => content),
    search: (query) => http.get('admin/search/', { ...query }, 'data'),
    report: (query) => http.get('admin/reports/', { ...query }, 'data'),
  }
}
