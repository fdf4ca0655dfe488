import { setTimeout as delay } from 'node:timers/promises'
import { floodFrames, openSocket } from './flood-sockets.js'
import {
  askForUpgrade,
  count,
  encodeFrame,
  floodBytes,
  floodRequests,
  holdConnections,
  isOver,
  upgradeHead,
  type Attack,
} from './wire.js'

const api = '/v1/chat/'
/** Sockets of an attack: as many as an account may have (SOCKETS_PER_ACCOUNT). */
const SOCKETS = 20
/** Frames that a socket may send at once, with a margin (SOCKET_FRAME_BURST). */
const BURST = 39
/** Frames per second that a socket may send, with a margin (SOCKET_FRAMES_PER_SECOND). */
const PER_SECOND = 18
/** HTTP connections of an attack. */
const CONNECTIONS = 32

const resume = (sessions: object) => ({ type: 'resume', payload: { sessions } })
const resumeAll = ({ sessionIds }: Attack) => resume(Object.fromEntries(sessionIds.map((id) => [id, 0])))
const message = (number: number) => ({
  type: 'message',
  payload: { content: `flood ${number}`, client_message_id: `flood-${process.pid}-${number}` },
})
/** As text: in an object literal, `__proto__` is not a key. */
const badResumes = [
  '{"1":1e300}',
  '{"abc":1}',
  '{"__proto__":1}',
  '{"1":1e19}',
  '{"1":-1}',
  '{"1":0.5}',
  '{"9007199254740993":1}',
]

/** Every attack, by name. Each ends by itself after its duration. */
export const attacks: Record<string, (attack: Attack) => Promise<void>> = {
  /** A hundred sockets, twenty at a time, that close with work pending. */
  async resumeStorm(attack) {
    const text = JSON.stringify(resumeAll(attack))
    for (let round = 0; round < 5 && !isOver(attack); round++) {
      const sockets = Array.from({ length: SOCKETS }, (_, index) => {
        const socket = openSocket(attack, 'store', attack.token, index)
        socket.on('open', () => {
          for (let frame = 0; frame < BURST; frame++) socket.send(text, () => undefined)
          count(attack.counts, 'sent', BURST)
        })
        return socket
      })
      await delay(600)
      for (const socket of sockets) socket.removeAllListeners('close').terminate()
    }
  },

  /** Answers of 12 MB that nobody reads. */
  unreadAnswers: (attack) =>
    holdConnections(
      attack,
      60,
      () => `GET ${api}store/session/ HTTP/1.1\r\nHost: chat\r\nAuthorization: Token ${attack.token}\r\n\r\n`,
    ),

  invalidEntries(attack) {
    const sessions = Object.fromEntries(Array.from({ length: 6605 }, (_, index) => [`x${index}`, 1]))
    const text = JSON.stringify(resume(sessions))
    return floodFrames(attack, { sockets: SOCKETS, burst: BURST, next: () => text })
  },

  badNumbers: (attack) =>
    floodFrames(attack, {
      sockets: SOCKETS,
      perSecond: PER_SECOND,
      next: (number) => `{"type":"resume","payload":{"sessions":${badResumes[number % badResumes.length]}}}`,
    }),

  badQueries: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      perSecond: 1000,
      next: (number) => ({
        path: `${api}store/messages/?session_id=${attack.sessionIds[0]}&before=${['1e300', '1e19', '-1', 'abc', '9007199254740993'][number % 5]}`,
        token: attack.token,
      }),
    }),

  messagesOverHttp: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      perSecond: 4700,
      next: (number) => ({
        method: 'POST',
        path: `${api}store/message/`,
        token: attack.token,
        body: { content: `flood ${number}` },
      }),
    }),

  messagesOverSockets: (attack) =>
    floodFrames(attack, { sockets: SOCKETS, burst: 30, perSecond: PER_SECOND, next: message }),

  pongs: (attack) => floodControl(attack, 0x8a),
  pings: (attack) => floodControl(attack, 0x89),

  /** One message in very many fragments. */
  fragments: (attack) =>
    floodBytes(attack, {
      sockets: 5,
      begin: encodeFrame(0x01, Buffer.from('{')),
      chunk: Buffer.concat(Array.from({ length: 5000 }, () => encodeFrame(0x00, Buffer.from(' ')))),
      frames: 5000,
    }),

  /** Work is queued on every socket, with messages behind it; then the token is revoked. */
  async revoked(attack) {
    const work = JSON.stringify(resumeAll(attack))
    const sockets = Array.from({ length: SOCKETS }, (_, index) => openSocket(attack, 'store', attack.token, index))
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve).once('close', resolve))),
    )
    for (const [index, socket] of sockets.entries()) {
      for (let frame = 0; frame < BURST - 5; frame++) socket.send(work, () => undefined)
      for (let late = 0; late < 5; late++) socket.send(JSON.stringify(message(index * 10 + late)), () => undefined)
      count(attack.counts, 'sent', BURST)
    }
    console.log(JSON.stringify({ event: 'sent' }))
    await delay(attack.endsAt - Date.now())
    for (const socket of sockets) socket.removeAllListeners('close').terminate()
  },

  /** Upgrades on paths without sockets, some with secrets in the query that must not be logged. */
  async strangeUpgrades(attack) {
    const paths = ['/health/live/', '/health/ready/', '/nowhere/', '/docs/json', `${api}nowhere/`]
    const held = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        await delay(index * 5)
        const path = `${paths[index % paths.length]}?token=${attack.token}`
        const { socket, status, text } = await askForUpgrade(attack, index, path)
        count(attack.counts, `status ${status}`)
        if (status === 404) count(attack.counts, 'refused')
        if (/\{"success":false,"message":"[^"]+"\}/.test(text)) count(attack.counts, 'standard bodies')
        return socket
      }),
    )
    await delay(1000)
    for (const socket of held) {
      if (socket.readyState === 'open') count(attack.counts, 'still open')
      socket.destroy()
    }
  },

  /** Admins with very many unread messages, while more arrive. */
  async unreadCounts(attack) {
    const notified = new Set<number>()
    const sockets = attack.adminTokens.map((token, index) => {
      const socket = openSocket(attack, 'admin', token, index)
      socket.on('message', (data: Buffer) => {
        if (data.subarray(0, 27).toString() === '{"type":"new_notification",') notified.add(index)
      })
      return socket
    })
    await floodRequests(attack, {
      connections: 1,
      perSecond: 5,
      next: (number) => ({
        method: 'POST',
        path: `${api}store/message/`,
        token: attack.token,
        body: { content: `unread ${number}` },
      }),
    })
    count(attack.counts, 'told', notified.size)
    for (const socket of sockets) socket.removeAllListeners('close').terminate()
  },

  repeats: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      perSecond: 2000,
      next: () => ({
        method: 'POST',
        path: `${api}store/message/`,
        token: attack.token,
        body: { content: 'once', client_message_id: 'repeated' },
      }),
    }),

  largeSession: (attack) =>
    floodRequests(attack, { connections: 4, next: () => ({ path: `${api}store/session/`, token: attack.token }) }),

  foreignResumes: (attack) =>
    floodFrames(attack, { sockets: SOCKETS, burst: 30, perSecond: PER_SECOND, next: () => resumeAll(attack) }),

  pingFrames: (attack) =>
    floodFrames(attack, { sockets: SOCKETS, burst: 30, perSecond: PER_SECOND, next: () => ({ type: 'ping' }) }),

  typing: (attack) =>
    floodFrames(attack, {
      sockets: SOCKETS,
      burst: 30,
      perSecond: PER_SECOND,
      next: (number) => ({ type: 'typing', payload: { is_typing: number % 2 === 0 } }),
    }),

  readFrames: (attack) =>
    floodFrames(attack, { sockets: SOCKETS, burst: 30, perSecond: PER_SECOND, next: () => ({ type: 'read' }) }),

  reads: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      next: () => ({
        method: 'POST',
        path: `${api}message/read/`,
        token: attack.token,
        body: { session_id: attack.sessionIds[0] },
      }),
    }),

  history: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      next: () => ({
        path: `${api}store/messages/?session_id=${attack.sessionIds[0]}&limit=200`,
        token: attack.token,
      }),
    }),

  /** The only attack by an admin. */
  lists: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      next: () => ({ path: `${api}admin/sessions/open/?limit=200`, token: attack.adminTokens[0] ?? '' }),
    }),

  unknownTokens: (attack) =>
    floodRequests(attack, {
      connections: CONNECTIONS,
      next: (number) => ({ path: `${api}store/session/`, token: `sct_${number}_of_nobody` }),
    }),

  /** Bodies that never end. */
  slowBodies: (attack) =>
    holdConnections(
      attack,
      300,
      () =>
        `POST ${api}store/message/ HTTP/1.1\r\nHost: chat\r\nAuthorization: Token ${attack.token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{"content":"`,
    ),

  /** Request heads that never end, and upgrades that are never completed. */
  halfOpenUpgrades: (attack) =>
    holdConnections(attack, 500, (index) => {
      const path = `${api}ws/store/?token=${attack.token}`
      return index % 2 === 0 ? upgradeHead(path) : `${upgradeHead(path)}\r\n`
    }),

  /** Store sockets that read nothing, while the holder of the session sends as much as a socket may. */
  async deafSockets(attack) {
    const content = 'x'.repeat(10_000)
    const [sessionId] = attack.sessionIds
    const speak = { type: 'message', payload: { content, session_id: sessionId } }
    await Promise.all([
      floodFrames(attack, { sockets: SOCKETS, next: () => '', isDeaf: true }),
      floodFrames(attack, {
        side: 'admin',
        tokens: attack.adminTokens,
        sockets: 5,
        burst: 30,
        perSecond: PER_SECOND,
        next: () => speak,
      }),
    ])
  },

  reconnects: (attack) => floodFrames(attack, { sockets: SOCKETS, next: () => '', livesMs: 1 }),
}

/** Sends unsolicited control frames as fast as possible. */
const floodControl = (attack: Attack, first: number) =>
  floodBytes(attack, {
    sockets: 5,
    chunk: Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame(first, Buffer.alloc(0)))),
    frames: 10_000,
  })
