import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { addAdmin, addStore, type StoreFields, type TestAccount } from '../../support/chat/accounts.js'
import { createChatClient, type ChatClient } from '../../support/chat/chat-client.js'
import { startNode, type NodeOptions } from '../../support/nodes/node.js'
import { startBrowser } from './browser.js'
import { openVisitor, signIn, type Visitor, type VisitOptions } from './visitor.js'

type Options = Omit<VisitOptions, 'token'> & { origin?: string }

/** A node, a browser, and who comes to its pages. */
export interface Stage extends ChatClient {
  store(fields?: StoreFields): Promise<TestAccount>
  admin(name?: string): Promise<TestAccount>
  /** A profile of its own at the console, signed in. */
  console(account: TestAccount, options?: Options): Promise<Page>
  /** A profile of its own at the store's chat, signed in. */
  chat(account: TestAccount, options?: Options): Promise<Page>
  /** A profile of its own, at nothing yet. */
  visitor(account: TestAccount, options?: Omit<Options, 'origin'>): Promise<Visitor>
  /** What the browsers complained about, for a test to find empty at its end. */
  complaints(): string[]
}

/** Sets up what a test of the pages needs. */
export async function setStage(t: Test, options: NodeOptions = {}): Promise<Stage> {
  const [node, browser] = await Promise.all([startNode(t, options), startBrowser(t)])
  const visitors: Visitor[] = []

  async function visitor({ token }: TestAccount, more: Omit<Options, 'origin'> = {}): Promise<Visitor> {
    const opened = await openVisitor(t, browser, { token, ...more })
    visitors.push(opened)
    return opened
  }
  const at =
    (path: string) =>
    async (account: TestAccount, options: Options = {}) => {
      const { page } = await visitor(account, options)
      await page.goto(`${options.origin ?? node.origin}${path}`)
      await signIn(page, account.token)
      return page
    }
  return {
    ...createChatClient(node),
    store: (fields) => addStore(node.database, fields),
    admin: (name) => addAdmin(node.database, name === undefined ? {} : { name }),
    console: at('/console/'),
    chat: at('/chat/'),
    visitor,
    complaints: () => visitors.flatMap(({ complaints }) => complaints),
  }
}
