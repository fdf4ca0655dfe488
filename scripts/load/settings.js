/**
 * Settings of a run, from environment variables: `NODES` (base URLs, separated by commas), `ACCOUNTS` (a file
 * `{"stores": [{"id", "token"}], "admins": [{"id", "token"}]}`), and the sizes that each script names.
 */
import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import { setTimeout } from 'k6/timers'

/** @typedef {{ id: number, token: string }} Account */

/** @param {string | undefined} given */
const split = (given) => (given || 'http://127.0.0.1:8000').split(',').map((url) => url.replace(/\/$/, ''))

const nodes = split(__ENV.NODES)
const socketNodes = split(__ENV.SOCKET_NODES || __ENV.NODES)
const accountsFile = __ENV.ACCOUNTS || 'accounts.json'

/** @type {Account[]} */
const stores = new SharedArray('stores', () => JSON.parse(open(accountsFile)).stores)
/** @type {Account[]} */
const admins = new SharedArray('admins', () => JSON.parse(open(accountsFile)).admins)

/** The node that serves the requests of an account. Neighbours in the list have different nodes. @param {number} index */
export const nodeAt = (index) => nodes[index % nodes.length] ?? ''
/**
 * The node that serves the sockets of an account. They may use other URLs (`SOCKET_NODES`).
 * @param {number} index
 */
export const socketNodeAt = (index) => socketNodes[index % socketNodes.length] ?? ''

/** @param {number} index */
export const storeAt = (index) => pick(stores, 'stores', index)
/** @param {number} index */
export const adminAt = (index) => pick(admins, 'admins', index)

/**
 * @param {Account[]} accounts
 * @param {string} kind
 * @param {number} index
 */
function pick(accounts, kind, index) {
  const account = accounts[index]
  if (account === undefined) throw new Error(`${accountsFile} has only ${accounts.length} ${kind}`)
  return account
}

/**
 * Reads a size of the run from its variable.
 * @param {string} name
 * @param {number} initial
 */
export function readCount(name, initial) {
  const count = Number(__ENV[name] || initial)
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} is not a whole number above 0`)
  return count
}

/** Milliseconds since the start of the run, with fractions. All VUs share this clock. */
export const now = () => exec.instance.currentTestRunDuration

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(() => resolve(undefined), ms))

/**
 * Returns the indexes that belong to one of several VUs.
 * @param {number} count
 * @param {number} parts
 * @param {number} part
 */
export const share = (count, parts, part) =>
  Array.from({ length: Math.ceil((count - part) / parts) }, (_, index) => part + index * parts)
