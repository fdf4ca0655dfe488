import type { FastifyRequest, preHandlerHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { unavailable } from '../errors/request-error.js'
import type { App } from '../http/describe-route.js'
import { createAccountWork, type AccountWork } from '../limits/account-work.js'
import { readAddressBlock } from '../limits/address-block.js'
import { createLargeAnswers, type LargeAnswers } from '../limits/large-answers.js'
import { nameAccount, openLimits, type LimitCounts, type Limits } from '../limits/limits.js'
import { TextStream } from '../limits/text-stream.js'
import type { Account } from '../protocol/account.js'
import { repeat } from '../tasks/repeat.js'

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits
    accountWork: AccountWork
    largeAnswers: LargeAnswers
    /** The hook of routes that send a message. */
    limitMessages: preHandlerHookHandler
  }
  interface FastifyRequest {
    /** The account whose running request this is; undefined when it is not running. */
    workOf: { account: string; since: number } | undefined
  }
}

const REPORT_INTERVAL_MS = 60_000
/** Characters of an answer. Shorter answers fit into the buffers of a connection. */
const LARGE_ANSWER = 65_536

/**
 * Limits the requests of accounts and addresses, how many are handled at once, and how much of their answers may be unread.
 */
export const limitsPlugin = plugin<{ config: Config }>(
  async (app, { config }) => {
    const limits = openLimits(config.limits, app.pubsub.counters, (error) => {
      if (error) app.log.warn({ err: error }, 'limits are not shared with other nodes')
      else app.log.info('limits are shared with other nodes again')
    })
    const work = createAccountWork()
    const answers = createLargeAnswers(work)
    app.decorate('limits', limits)
    app.decorate('accountWork', work)
    app.decorate('largeAnswers', answers)
    app.decorateRequest('workOf')
    app.decorate('limitMessages', (request, _reply, done) => {
      done(limits.takeMessages(request.account, 1).refusal)
    })

    // After the body has arrived, so that slow senders take no turn.
    app.addHook('preHandler', (request, _reply, done) => {
      const account = accountOf(request)
      if (account === undefined || request.ws) return done()
      const name = nameAccount(account)
      const go = () => {
        request.workOf = { account: name, since: performance.now() }
        // Otherwise a client could send many requests, disconnect, and leave the work behind.
        done(request.raw.socket.destroyed ? unavailable('The client has gone') : undefined)
      }
      try {
        const turn = work.begin(name)
        if (turn === undefined) go()
        else turn.then(go, done)
      } catch (error) {
        done(error as Error)
      }
    })
    app.addHook('onSend', (request, reply, payload, done) => {
      if (request.workOf !== undefined) work.end(request.workOf.account, performance.now() - request.workOf.since)
      request.workOf = undefined
      const stream = toLargeAnswer(payload)
      if (stream === undefined) return done(null, payload)
      const account = accountOf(request)
      if (account !== undefined) limits.chargeAnswer(account, stream.bytes)
      done(null, answers.send(reply, stream, account ? nameAccount(account) : readAddressBlock(request.ip)))
    })
    const reporting = repeat(REPORT_INTERVAL_MS, reportRefusals(app, limits), (error) =>
      app.log.error({ err: error }, 'limits'),
    )
    app.addHook('onClose', async () => {
      await reporting.stop()
      limits.close()
      answers.close()
    })
  },
  { name: 'limits', dependencies: ['pubsub'] },
)

/** Returns a function that logs what was refused since its last call, unless that is nothing. */
function reportRefusals({ log }: Pick<App, 'log'>, { counts }: Limits): () => Promise<void> {
  let before = { ...counts }
  return async () => {
    const now = { ...counts }
    const keys = Object.keys(now) as (keyof LimitCounts)[]
    const refused = keys.flatMap((key) => (now[key] > before[key] ? [[key, now[key] - before[key]]] : []))
    before = now
    if (refused.length > 0) log.info({ refused: Object.fromEntries(refused) as object }, 'refused in the last minute')
  }
}

/** Undefined for what is sent at once. */
function toLargeAnswer(payload: unknown): TextStream | undefined {
  if (payload instanceof TextStream) return payload
  return typeof payload === 'string' && payload.length >= LARGE_ANSWER ? new TextStream(payload) : undefined
}

/** Undefined before authentication, whatever the type of a request says. */
const accountOf = ({ account }: FastifyRequest): Account | undefined => account
