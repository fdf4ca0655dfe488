import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { addStore, type TestAccount } from '../chat/accounts.js'
import type { TestDatabase } from '../databases/database.js'
import type { FaultRun } from './fault-run.js'
import { startReader, type Reader } from './reader.js'
import { addMessages } from '../chat/sessions.js'
import { enter } from '../clients/socket-client.js'
import { until } from '../../../harness/until.js'

/** Time in which all clients must see the state of the database, once it answers again. */
const CONVERGENCE_MS = 5000
/** Minimum of messages of each writer before the loss, and during it. */
const KEPT = 15
const LOST = 8

/** A database that can lose its latest writes. */
export interface SetBackDatabase extends TestDatabase {
  /** Marks the start of the writes that will be lost. */
  beginLoss(): Promise<void>
  /** Restores the database as of `beginLoss`. Before the first client connects, `meanwhile` may write. */
  loseIt(meanwhile: (database: TestDatabase) => Promise<void>): Promise<void>
  /** Prepares another loss. */
  recover(): Promise<void>
}

/** Position of a session's head when the nodes read it again, relative to what they had sent: lost numbers may be assigned again. */
export type Head = 'behind' | 'level' | 'beyond' | 'under load'

interface Witness {
  reader: Reader
  sessionId: number
  isAway: boolean
}

/** Sets the database back once, and checks that all sockets converge to its state and continue. */
export async function checkSetBack(t: Test, run: FaultRun, database: SetBackDatabase, head: Head): Promise<void> {
  const away = await startWitnesses(t, run)
  const newcomer = await startNewcomer(t, run)
  await run.pause()
  await reaches(t, 10_000, 'everybody has the same before', () => isSame(run, away))
  const counts = () => run.writers.map(({ acknowledged }) => acknowledged.size)
  const write = (what: string, more: number) => {
    const before = counts()
    return reaches(t, 15_000, what, () => counts().every((count, index) => count >= (before[index] ?? 0) + more))
  }
  run.resume()
  await write('messages are stored that will stay', KEPT)

  await database.beginLoss()
  run.injected()
  run.setBack()
  const lostId = await newcomer.begin()
  await write('messages are stored that will be lost', LOST)
  await reaches(t, 5000, 'also to the store that is new', () => newcomer.reader.messagesOf(lostId).size > 0)
  for (const one of away) {
    one.isAway = true
    one.reader.socket()?.terminate()
  }
  if (head !== 'under load') {
    await run.pause()
    await reaches(t, 5000, 'everybody has what will be lost', () => isSame(run))
  }
  const sentPositions = await readSessionPositions(run, database)
  let lost = 0
  await database.loseIt(async (direct) => {
    lost = await run.forgive(direct)
    const found = await readSessionPositions(run, direct)
    if (head === 'level') await writeUpTo(direct, found, sentPositions, 0)
    if (head === 'beyond') await writeUpTo(direct, found, sentPositions, 5)
  })
  t.ok(lost >= LOST, `${lost} acknowledged messages are lost with the database`)

  const answersAt = Date.now()
  if (head === 'under load') await run.pause()
  await reaches(t, CONVERGENCE_MS - (Date.now() - answersAt), 'the sockets that stayed', () => isSame(run))
  t.comment(`${head}: ${lost} lost, all the same after ${Date.now() - answersAt} ms`)
  for (const one of away) one.isAway = false
  await reaches(t, CONVERGENCE_MS, 'those that were away', () => isSame(run, away))
  await newcomer.check(t, lostId)
  await checkNews(t, run, away)
  await checkResumes(t, run, sentPositions)
  for (const { reader } of away) t.strictSame(reader.violations.slice(0, 5), [], 'once, in order, without holes')
}

/** Readers that are offline while the database is set back. */
async function startWitnesses(t: Test, run: FaultRun): Promise<Witness[]> {
  const witnesses = run.conversations.flatMap(({ store, admin, sessionId }) =>
    (['store', 'admin'] as const).map((side) => {
      const account = side === 'store' ? store : admin
      const witness = { sessionId, isAway: false }
      const origins = () => (witness.isAway ? [] : run.origins())
      const options = { side, account, origins, random: run.random, wasSetBack: () => true, from: { [sessionId]: 2 } }
      return Object.assign(witness, { reader: startReader(t, options) })
    }),
  )
  await until(() => witnesses.every(({ reader }) => reader.isConnected()), 20_000, 'all witnesses are connected')
  return witnesses
}

/** A store whose first session is lost. */
async function startNewcomer(t: Test, run: FaultRun) {
  const store = await addStore(run.database)
  const options = { side: 'store' as const, account: store, origins: run.origins, random: run.random }
  const reader = startReader(t, { ...options, wasSetBack: () => true })
  await until(() => reader.isConnected(), 20_000, 'the new store is connected')
  const write = async (content: string) => {
    const { session, message } = await send(run, store, content)
    return { sessionId: session.id, messageId: message.id }
  }
  return {
    reader,
    begin: async () => (await until(() => write('will be lost'), 10_000, 'the new store writes')).sessionId,
    async check(t: Test, lostId: number) {
      const keeps = () => [...reader.messagesOf(lostId).values()].includes('will be lost')
      await reaches(t, CONVERGENCE_MS, 'the session that is no more is forgotten', () => !keeps())
      const { sessionId, messageId } = await write('begins anew')
      await reaches(t, 2000, 'and the next one is delivered', () => reader.messagesOf(sessionId).has(messageId))
    },
  }
}

/** Checks that five later messages of each conversation reach all readers. */
async function checkNews(t: Test, run: FaultRun, away: Witness[]): Promise<void> {
  for (const { store, sessionId } of run.conversations) {
    for (let index = 0; index < 5; index++) {
      const sent = await send(run, store, `news ${index}`).catch(String)
      t.match(sent, { message: { session_id: sessionId } }, 'a message is acknowledged')
    }
  }
  await reaches(t, 3000, 'news reach everybody', () => isSame(run, away))
}

/** Checks that a second socket becomes ready, and that a resume from a lost position starts over. */
async function checkResumes(t: Test, run: FaultRun, sentPositions: Map<number, number>): Promise<void> {
  const origin = run.origins()[0] ?? ''
  for (const { store, sessionId } of run.conversations) {
    const socket = await enter(t, { origin }, 'store', store).catch(() => undefined)
    t.ok(socket, 'a second socket becomes ready')
    if (socket === undefined) continue
    const { epoch, session } = socket.frames[0]?.payload ?? {}
    t.not(epoch, undefined, '`ready` names the history')
    t.equal(session?.id, sessionId)
    const seq = Math.max(sentPositions.get(sessionId) ?? 0, Number(session?.seq)) + 1000
    const resumes = [
      { what: 'a seq that was never reached', sessions: { [sessionId]: seq }, ...(epoch !== undefined && { epoch }) },
      { what: 'the same without an epoch', sessions: { [sessionId]: seq } },
      { what: 'another epoch', sessions: { [sessionId]: 3 }, epoch: 'another' },
    ]
    for (const { what, ...payload } of resumes) {
      socket.send('resume', payload)
      const sync = await socket.next('sync').catch(() => undefined)
      t.match(sync, { session: { id: sessionId }, reset: true }, what)
    }
    await socket.close()
  }
}

interface Sent {
  session: { id: number }
  message: { id: number; session_id: number }
}

async function send(run: FaultRun, { token }: TestAccount, content: string): Promise<Sent> {
  const answer = await fetch(`${run.origins()[0]}/v1/chat/store/message/`, {
    method: 'POST',
    headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content: `${content} ${run.random()}` }),
    signal: AbortSignal.timeout(5000),
  })
  if (answer.status !== 200) throw new Error(`A message was answered with ${answer.status}`)
  return (await answer.json()) as Sent
}

const isSame = async (run: FaultRun, away: Witness[] = []) => (await run.differences(away)).length === 0

async function readSessionPositions(run: FaultRun, { query }: TestDatabase): Promise<Map<number, number>> {
  const ids = run.conversations.map(({ sessionId }) => sessionId)
  const rows = await until(
    () => query<{ id: string; seq: string }>('select id, seq from chat_session where id = any($1)', [ids]),
    10_000,
    'the heads can be read',
  )
  return new Map(rows.map(({ id, seq }) => [Number(id), Number(seq)]))
}

/** Assigns the lost numbers to other messages. */
async function writeUpTo(
  database: TestDatabase,
  found: Map<number, number>,
  sentPositions: Map<number, number>,
  more: number,
) {
  for (const [sessionId, seq] of sentPositions) {
    const count = seq - (found.get(sessionId) ?? 0) + more
    await addMessages(
      database,
      sessionId,
      Array.from({ length: count }, (_, index) => ({ content: `in its place ${index} ${randomUUID()}` })),
    )
  }
}

/** An assertion that may take a while to hold. If it fails, later checks still run. */
async function reaches(t: Test, deadlineMs: number, what: string, condition: () => boolean | Promise<boolean>) {
  const reached = await until(condition, Math.max(0, deadlineMs), what).catch(() => false)
  t.ok(reached, what)
}
