import type { TSchema } from '@sinclair/typebox'
import { serverFrames } from './server-frames.js'
import type { Side } from '../account.js'
import { closeCodes } from '../codes.js'
import { clientFrames } from './client-frames.js'

const onlyFor: Partial<Record<keyof typeof serverFrames, Side>> = {
  admin_connected: 'store',
  admin_disconnected: 'store',
  new_notification: 'admin',
  session_details: 'admin',
  note: 'admin',
}

const description = `Frames are JSON text: \`{"type": string, "payload": object}\`. The token goes into the \`Authorization\`
header or, where a client cannot set it, into \`?token=\`. A bad token is refused before the upgrade with 401.

Nothing is lost for a client that remembers the last \`seq\` of its sessions and the \`epoch\` of \`ready\`: after a
reconnect it sends \`resume\` with them, and gets \`sync\`. A message is acknowledged by its own \`message\` frame, once it
is committed; until then send it again with the same \`client_message_id\`.

Control frames (ping, pong) count as frames, but for the pongs that the server asks for. After a close frame of the server,
nothing that a client sends is acted on.

Close codes: ${closeCodes.goingAway} the node is going away (reconnect after a random pause) · ${closeCodes.policy} the
protocol was broken · ${closeCodes.tooBig} a frame is too big · ${closeCodes.ourFault} a fault of the server (reconnect) ·
${closeCodes.tokenRevoked} the token was revoked or has expired (do not reconnect) · ${closeCodes.tooSlow} too slow a
reader (reconnect and resume) · ${closeCodes.tooManyFrames} too many frames. The WebSocket protocol has its own: 1002 a
frame broke its rules · 1007 a text is not UTF-8.`

/** The protocol of the sockets as an AsyncAPI 3 document, made from the schemas that frames are checked with. */
export function describeProtocol(): object {
  return {
    asyncapi: '3.0.0',
    info: { title: 'store-chat WebSocket', version: '1.0.0', description },
    defaultContentType: 'application/json',
    channels: { store: describeChannel('store'), admin: describeChannel('admin') },
    operations: {
      storeSends: describeOperation('receive', 'store', Object.keys(clientFrames.store), 'client'),
      storeReceives: describeOperation('send', 'store', serverTypesFor('store'), 'server'),
      adminSends: describeOperation('receive', 'admin', Object.keys(clientFrames.admin), 'client'),
      adminReceives: describeOperation('send', 'admin', serverTypesFor('admin'), 'server'),
    },
  }
}

const serverTypesFor = (side: Side) =>
  (Object.keys(serverFrames) as (keyof typeof serverFrames)[]).filter((type) => (onlyFor[type] ?? side) === side)

function describeChannel(side: Side): object {
  const fromClient = Object.entries(clientFrames[side]).map(([type, payload]) => message('client', type, payload))
  const fromServer = serverTypesFor(side).map((type) => message('server', type, serverFrames[type]))
  const query = { type: 'object', properties: { token: { type: 'string' } } }
  return {
    address: `/v1/chat/ws/${side}/`,
    messages: Object.fromEntries([...fromClient, ...fromServer]),
    bindings: { ws: { method: 'GET', query } },
  }
}

function message(from: 'client' | 'server', type: string, payload: TSchema): [string, object] {
  const frame = {
    type: 'object',
    required: ['type', 'payload'],
    properties: { type: { const: type }, payload },
  }
  const summary = typeof payload.description === 'string' ? { summary: payload.description } : {}
  return [`${from}.${type}`, { name: type, title: type, ...summary, payload: frame }]
}

/** Actions are named from the server's side, as AsyncAPI demands. */
function describeOperation(action: 'send' | 'receive', side: Side, types: string[], from: 'client' | 'server'): object {
  const messages = types.map((type) => ({ $ref: `#/channels/${side}/messages/${from}.${type}` }))
  return { action, channel: { $ref: `#/channels/${side}` }, messages }
}
