import type { FastifyRequest, preHandlerHookHandler } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../config/config.js'
import { unavailable } from '../errors/request-error.js'
import { createAccountWork, type AccountWork } from '../limits/account-work.js'
import { readAddressBlock } from '../limits/address-block.js'
import { createLargeAnswers } from '../limits/large-answers.js'
import { nameAccount, openLimits, type Limits } from '../limits/limits.js'
import type { Account } from '../protocol/account.js'

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits
    accountWork: AccountWork
    /** A hook of routes that send one message. */
    limitMessages: preHandlerHookHandler
  }
  interface FastifyRequest {
    /** The account whose work this request is, while it is. */
    workOf: string | undefined
  }
}

/** Characters. What is shorter than this fits into the buffers of a connection. */
const LARGE_ANSWER = 65_536

/** Limits what accounts and addresses may ask for, what is done for each of them at once, and what waits to be read. */
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
    app.decorateRequest('workOf')
    app.decorate('limitMessages', (request, _reply, done) => {
      done(limits.takeMessages(request.account, 1).refusal)
    })

    // After the body has come: who sends slowly holds nobody up.
    app.addHook('preHandler', (request, _reply, done) => {
      const account = accountOf(request)
      if (account === undefined || request.ws) return done()
      const name = nameAccount(account)
      const go = () => {
        request.workOf = name
        // Otherwise one could ask for much, be gone, and leave all the work behind.
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
      if (request.workOf !== undefined) work.end(request.workOf)
      request.workOf = undefined
      if (typeof payload !== 'string' || payload.length < LARGE_ANSWER) return done(null, payload)
      const account = accountOf(request)
      if (account !== undefined) limits.chargeAnswer(account, payload.length)
      done(null, answers.send(reply, payload, account ? nameAccount(account) : readAddressBlock(request.ip)))
    })
    app.addHook('onClose', async () => {
      limits.close()
      answers.close()
    })
  },
  { name: 'limits', dependencies: ['pubsub'] },
)

/** Undefined before authentication, whatever the type of a request says. */
const accountOf = ({ account }: FastifyRequest): Account | undefined => account
