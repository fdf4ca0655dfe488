import { brokenAnswer, ChatError, wrongInput } from './transport/chat-error.js'

type Call = (...values: never[]) => Promise<unknown>

/**
 * Calls that reject with a `ChatError` and never throw, whatever a program gives them and whatever the service answers.
 */
export function secureCalls<Calls extends { [Name in keyof Calls]: Call }>(calls: Calls): Calls {
  const secured = { ...calls }
  for (const name in calls) {
    const call: Call = calls[name]
    const secure: Call = (...values) => {
      try {
        return call(...values).catch((cause: unknown) => {
          throw cause instanceof ChatError ? cause : brokenAnswer(cause)
        })
      } catch (cause) {
        return Promise.reject(wrongInput(cause))
      }
    }
    secured[name] = secure as Calls[typeof name]
  }
  return secured
}
