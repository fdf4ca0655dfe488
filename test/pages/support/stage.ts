import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { addAdmin, addStore, type StoreFields, type TestAccount } from '../../support/chat/accounts.js'
import { createChatClient, type ChatClient } from '../../support/chat/chat-client.js'
import { startNode, type NodeOptions } from '../../support/nodes/node.js'
import { provideBrowser } from './browser.js'
import { openVisitor, signIn, type Visitor, type VisitOptions } from './visitor.js'

type Options = Omit<VisitOptions, 'token'> & { origin?: string }

/** A node, a browser, and visitors of its pages. */
export interface Stage extends ChatClient {
  store(fields?: StoreFields): Promise<TestAccount>
  admin(name?: string): Promise<TestAccount>
  supervisor(name?: string): Promise<TestAccount>
  /** Opens the console in a new browser context, signed in. */
  console(account: TestAccount, options?: Options): Promise<Page>
  /** Opens the store's chat in a new browser context, signed in. */
  chat(account: TestAccount, options?: Options): Promise<Page>
  /** Opens a blank page in a new browser context. */
  visitor(account: TestAccount, options?: Omit<Options, 'origin'>): Promise<Visitor>
  /** Errors and warnings of all visitors' pages. Tests expect none. */
  complaints(): string[]
}

/** Starts a node and a browser for a test of the pages. */
export async function setStage(t: Test, options: NodeOptions = {}): Promise<Stage> {
  const [node, browser] = await Promise.all([startNode(t, options), provideBrowser()])
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
    supervisor: (name) => addAdmin(node.database, { role: 'supervisor', ...(name !== undefined && { name }) }),
    console: at('/console/'),
    chat: at('/chat/'),
    visitor,
    complaints: () => visitors.flatMap(({ complaints }) => complaints),
  }
}
