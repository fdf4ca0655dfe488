import http from 'k6/http'

/** @typedef {import('./settings.js').Account} Account */
/**
 * Method, node, account, path below `/v1/chat/`, body.
 * @typedef {['GET' | 'POST', string, Account, string, object?]} Call
 */

const AT_ONCE = 50
const DEADLINE = '20s'

/**
 * Describes a call for `http.batch`.
 * @param {Call} call
 */
export function describeCall(...[method, node, { token }, path, body]) {
  /** @type {Record<string, string>} */
  const headers = { authorization: `Token ${token}` }
  if (body) headers['content-type'] = 'application/json'
  // Without a name, the URL of every session would be a time series of its own.
  const tags = { name: path.replace(/\?.*/, '') }
  const params = { headers, tags, timeout: DEADLINE }
  return { method, url: `${node}/v1/chat/${path}`, body: body ? JSON.stringify(body) : null, params }
}

/** Makes a call without blocking the sockets of this VU. @param {Call} args */
export function call(...args) {
  const { method, url, body, params } = describeCall(...args)
  return http.asyncRequest(method, url, body, params)
}

/**
 * Makes many calls, several at once, to prepare a measurement.
 * @param {Call[]} calls
 * @param {number[]} statuses the expected ones
 */
export function callAll(calls, statuses = [200]) {
  const answers = []
  for (let first = 0; first < calls.length; first += AT_ONCE) {
    answers.push(...http.batch(calls.slice(first, first + AT_ONCE).map((args) => describeCall(...args))))
  }
  for (const { status, url, body } of answers) {
    if (!statuses.includes(status)) throw new Error(`${url} was answered with ${status}: ${body}`)
  }
  return answers
}

/**
 * Returns the body of a response; undefined unless its status is 200.
 * @param {import('k6/http').Response} response
 */
export const bodyOf = ({ status, body }) => (status === 200 ? JSON.parse(String(body)) : undefined)
