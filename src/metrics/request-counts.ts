import { METHODS } from 'node:http'
import { Histogram } from '../instruments/histogram.js'

/** The responses to one method of one route. */
export interface RouteCounts {
  readonly method: string
  /** The template of the route, such as `/v1/chat/files/:id`; `unknown` for all paths without a route. */
  readonly route: string
  readonly byStatus: Map<number, number>
  /** Seconds from the headers of a request to the end of its response. */
  readonly durations: Histogram
}

/** Counts responses by route template, so that the number of series is bounded by routes, methods and statuses. */
export interface RequestCounts {
  note(method: string, route: string | undefined, statusCode: number, ms: number): void
  all(): RouteCounts[]
}

const knownMethods = new Set(METHODS)

export function createRequestCounts(): RequestCounts {
  const byRoute = new Map<string, Map<string, RouteCounts>>()

  function open(route: string, method: string): RouteCounts {
    let byMethod = byRoute.get(route)
    if (byMethod === undefined) byRoute.set(route, (byMethod = new Map<string, RouteCounts>()))
    let counts = byMethod.get(method)
    if (counts === undefined) {
      counts = { method, route, byStatus: new Map(), durations: new Histogram() }
      byMethod.set(method, counts)
    }
    return counts
  }

  return {
    note(method, route = 'unknown', statusCode, ms) {
      const { byStatus, durations } = open(route, knownMethods.has(method) ? method : 'other')
      byStatus.set(statusCode, (byStatus.get(statusCode) ?? 0) + 1)
      durations.observe(ms / 1000)
    },
    all: () => [...byRoute.values()].flatMap((byMethod) => [...byMethod.values()]),
  }
}
