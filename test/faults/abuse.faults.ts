import t from 'tap'
import { addAdmins, addLargeSession, addSessions, addStores } from '../support/abuse/abuse-data.js'
import { startAbuseRun, type AttackCase, type Outcome } from '../support/abuse/abuse-run.js'
import { addStore, addToken } from '../support/chat/accounts.js'
import type { TestDatabase } from '../support/databases/database.js'
import { claimSession } from '../support/chat/sessions.js'

const REVOCATION_MS = 1000
/** Connections that normal load may open: pools grow on demand. */
const NEW_CONNECTIONS = 30
const LONGEST_ERROR_BYTES = 2048
const ADMINS = 100
const UNREAD_SESSIONS = 300
const UNREAD_EACH = 1000

const countOf = ({ counts }: Outcome, name: string) => counts[name] ?? 0
const errorsIn = ({ log }: Outcome) => log.split('\n').filter((line) => /"level":(50|60)/.test(line))

/** A store with an open session among closed ones. */
const storeWith =
  (closed = 0, messages = 20) =>
  async (database: TestDatabase) => {
    const { id, token } = await addStore(database)
    return { token, sessionIds: await addSessions(database, id, { closed, messages }) }
  }

async function storeWithLargeSession(database: TestDatabase) {
  const { id, token } = await addStore(database)
  return { token, sessionIds: await addLargeSession(database, id) }
}

/** The session is claimed, so that its holder gets notifications. */
async function storeWithHolder(database: TestDatabase) {
  const { id, token } = await addStore(database)
  const [admin] = await addAdmins(database, 1)
  const sessionIds = await addSessions(database, id, { closed: 0, messages: 20 })
  await claimSession(database, id, admin?.id ?? 0)
  return { token, sessionIds, adminTokens: [admin?.token ?? ''] }
}

let revokedTokenId = 0

/** Attacks that one account can make alone. */
const cases: AttackCase[] = [
  { name: '1 resumes, and gone', attack: 'resumeStorm', prepare: storeWith(59, 50) },
  { name: '2 answers of 12 MB, unread', attack: 'unreadAnswers', prepare: storeWithLargeSession },
  {
    name: '3 frames of 6,605 bad entries',
    attack: 'invalidEntries',
    prepare: storeWith(),
    check(t, outcome) {
      t.ok(countOf(outcome, 'error invalid_input') > 0, 'told by an error')
      const longest = countOf(outcome, 'longest error')
      t.ok(longest <= LONGEST_ERROR_BYTES, `the longest error has ${longest} bytes`)
      t.equal(countOf(outcome, 'close 1011'), 0)
    },
  },
  {
    name: '4 numbers out of range',
    attack: 'badNumbers',
    prepare: storeWith(),
    check(t, outcome) {
      t.equal(outcome.counts['closed'], 0, 'the sockets stay open')
      t.ok(countOf(outcome, 'error invalid_input') > 100, 'told by an error')
      t.equal(countOf(outcome, 'names the field'), countOf(outcome, 'error invalid_input'), 'that names the field')
      t.ok(outcome.newConnections <= NEW_CONNECTIONS, `${outcome.newConnections} new connections to the database`)
      t.same(errorsIn(outcome).slice(0, 3), [], 'no error in the log')
    },
  },
  {
    name: '4 the same in queries',
    attack: 'badQueries',
    prepare: storeWith(),
    check(t, outcome) {
      t.ok(countOf(outcome, 'status 400') > 0)
      t.equal(countOf(outcome, 'status 500'), 0)
      t.ok(outcome.newConnections <= NEW_CONNECTIONS, `${outcome.newConnections} new connections to the database`)
    },
  },
  {
    name: '5 4,700 messages/s over HTTP',
    attack: 'messagesOverHttp',
    prepare: storeWithHolder,
    check(t, outcome) {
      t.ok(countOf(outcome, 'status 429') > 0, 'refused by 429')
      t.equal(countOf(outcome, '429 without Retry-After'), 0, 'with Retry-After')
      t.equal(countOf(outcome, 'status 500') + countOf(outcome, 'status 503'), 0)
    },
  },
  {
    name: '5 messages over 20 sockets',
    attack: 'messagesOverSockets',
    prepare: storeWithHolder,
    check(t, outcome) {
      t.ok(countOf(outcome, 'error too_many') > 0, 'told that it is too much')
    },
  },
  {
    name: '6 pongs from 5 sockets',
    attack: 'pongs',
    prepare: storeWith(),
    check: (t, outcome) => t.ok(countOf(outcome, 'close 4029') > 0, 'pongs are frames'),
  },
  {
    name: '6 pings from 5 sockets',
    attack: 'pings',
    prepare: storeWith(),
    check: (t, outcome) => t.ok(countOf(outcome, 'close 4029') > 0, 'pings are frames'),
  },
  { name: '6 a message in fragments of a byte', attack: 'fragments', prepare: storeWith() },
  {
    name: '7 a token revoked, frames queued',
    attack: 'revoked',
    async prepare(database) {
      const { id } = await addStore(database)
      const { token, tokenId } = await addToken(database, { storeId: id })
      revokedTokenId = tokenId
      return { token, sessionIds: await addSessions(database, id, { closed: 59, messages: 50 }) }
    },
    onSent: ({ query }) => query('update access_token set revoked_at = now() where id = $1', [revokedTokenId]),
    async check(t, { database, spec, counts }) {
      const late = await database.query(
        `select extract(milliseconds from m.created - a.revoked_at)::int as ms from chat_message m, access_token a
         where a.id = $1 and m.session_id = any($2) and m.created > a.revoked_at + $3 * interval '1 ms'`,
        [revokedTokenId, spec.sessionIds, REVOCATION_MS],
      )
      t.same(late, [], 'nothing is stored later than a second after the revocation')
      t.ok((counts['close 4001'] ?? 0) > 0, 'the sockets are closed with 4001')
    },
  },
  {
    name: '8 300 upgrades that are no sockets',
    attack: 'strangeUpgrades',
    prepare: async () => ({ token: 'sct_secret_that_no_log_shows' }),
    check(t, outcome) {
      t.equal(countOf(outcome, 'status 404'), 300, 'refused before the upgrade')
      t.equal(countOf(outcome, 'standard bodies'), 300, 'in the standard body')
      t.equal(countOf(outcome, 'still open'), 0)
      t.notMatch(outcome.log, /sct_secret_that_no_log_shows/, 'no token in the log')
    },
  },
  {
    name: '10 one message repeated on two nodes',
    attack: 'repeats',
    prepare: storeWith(),
    async check(t, outcome) {
      const { database, spec, newConnections } = outcome
      const stored = await database.query(
        `select from chat_message where session_id = any($1) and client_message_id = 'repeated'`,
        [spec.sessionIds],
      )
      t.equal(stored.length, 1, 'stored once')
      t.ok(newConnections <= NEW_CONNECTIONS, `${newConnections} new connections to the database`)
      t.equal(countOf(outcome, 'status 500') + countOf(outcome, 'status 409'), 0)
    },
  },
  { name: '11 a session of 12 MB on 4 connections', attack: 'largeSession', prepare: storeWithLargeSession },
  {
    name: "resumes of 200 sessions of others'",
    attack: 'foreignResumes',
    async prepare(database) {
      const [attacker, other] = await addStores(database, 2)
      const sessionIds = await addSessions(database, other?.id ?? 0, { closed: 199, messages: 5 })
      return { token: attacker?.token ?? '', sessionIds }
    },
  },
  { name: 'ping frames', attack: 'pingFrames', prepare: storeWith() },
  { name: 'typing', attack: 'typing', prepare: storeWithHolder },
  { name: 'read frames', attack: 'readFrames', prepare: storeWithHolder },
  { name: 'message/read/', attack: 'reads', prepare: storeWithHolder },
  { name: 'history of 200', attack: 'history', prepare: storeWith(0, 1000) },
  {
    name: 'lists of 200',
    attack: 'lists',
    async prepare(database) {
      const stores = await addStores(database, 400)
      for (const { id } of stores) {
        await database.query(`insert into chat_session (store_id) values ($1)`, [id])
      }
      const [admin] = await addAdmins(database, 1)
      return { token: '', adminTokens: [admin?.token ?? ''] }
    },
  },
  {
    name: 'unknown tokens',
    attack: 'unknownTokens',
    prepare: async () => ({ token: '' }),
    check: (t, outcome) => t.ok(countOf(outcome, 'status 429') > 0, 'refused by 429'),
  },
  { name: 'bodies that never end', attack: 'slowBodies', prepare: storeWith() },
  { name: '500 half-open upgrades', attack: 'halfOpenUpgrades', prepare: storeWith() },
  { name: '20 sockets that do not read', attack: 'deafSockets', prepare: storeWithHolder },
  { name: '20 sockets that come and go', attack: 'reconnects', prepare: storeWith() },
  {
    // At the end: what is unread concerns every admin.
    name: '9 100 admins with 300,000 unread',
    attack: 'unreadCounts',
    async prepare(database) {
      const admins = await addAdmins(database, ADMINS)
      const [old, attacker] = await addStores(database, 2)
      await addSessions(database, old?.id ?? 0, { closed: UNREAD_SESSIONS - 1, messages: UNREAD_EACH })
      return { token: attacker?.token ?? '', adminTokens: admins.map(({ token }) => token) }
    },
    check: (t, outcome) => t.equal(countOf(outcome, 'told'), ADMINS, 'every admin is told a count'),
  },
]

t.test('one store at work against all others', async (t) => {
  const run = await startAbuseRun(t)
  const chosen = process.env['ATTACK']?.split(',')
  for (const name of chosen ?? [])
    if (cases.every(({ attack }) => attack !== name)) throw new Error(`No attack: ${name}`)
  for (const one of cases) {
    if (chosen === undefined || chosen.includes(one.attack)) await t.test(one.name, async (t) => run.attack(t, one))
  }
})
