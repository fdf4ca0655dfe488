import type { Test } from 'tap'
import { createChatClient, type ChatClient } from './chat-client.js'
import { startNodes, type NodeOptions, type TestNode } from '../nodes/node.js'

/** Two nodes, and a client of the first. */
export interface Pair {
  here: TestNode
  there: TestNode
  chat: ChatClient
}

export async function startPair(t: Test, options: NodeOptions = {}): Promise<Pair> {
  const [here, there] = await startNodes(t, 2, options)
  if (here === undefined || there === undefined) throw new Error('startNodes did not start two nodes')
  return { here, there, chat: createChatClient(here) }
}
