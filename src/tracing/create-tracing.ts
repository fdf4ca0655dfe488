import type { AsyncLocalStorage } from 'node:async_hooks'
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Link,
  type SpanContext,
  type Span as LibrarySpan,
  type Tracer,
} from '@opentelemetry/api'
import type { Span, SpanDescription, Tracing } from '../instruments/tracing.js'

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** Creates a `Tracing` that uses OpenTelemetry. `storage` keeps the active span across asynchronous calls. */
export function createTracing(tracer: Tracer, storage: AsyncLocalStorage<Span>): Tracing {
  const contextOf = (parent: string | undefined): Context => {
    const found = readTraceparent(parent ?? storage.getStore()?.traceparent)
    return found === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, { ...found, isRemote: parent !== undefined })
  }

  function begin({ name, kind, attributes = {}, parent, links = [] }: SpanDescription): Span {
    const options = { kind: kinds[kind], attributes, links: links.flatMap(toLink) }
    return wrap(tracer.startSpan(name, options, contextOf(parent)))
  }

  return {
    begin,
    within: (span, work) => storage.run(span, work),
    run(description, work) {
      const span = begin(description)
      return storage.run(span, () => endWith(span, () => work(span)))
    },
    active: () => storage.getStore(),
  }
}

/** Runs work and ends the span with it, or with the promise that it returns. */
function endWith<T>(span: Span, work: () => T): T {
  const failed = (error: unknown) => {
    span.fail(error)
    span.end()
  }
  try {
    const result = work()
    if (result instanceof Promise) result.then(() => span.end(), failed)
    else span.end()
    return result
  } catch (error) {
    failed(error)
    throw error
  }
}

function wrap(span: LibrarySpan): Span {
  let isOver = false
  return {
    traceparent: writeTraceparent(span.spanContext()),
    set: (attribute, value) => void span.setAttribute(attribute, value),
    link: (traceparent) => void span.addLinks(toLink(traceparent)),
    fail(error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      if (error instanceof Error) span.setAttribute('error.type', error.name)
    },
    end() {
      if (!isOver) span.end()
      isOver = true
    },
  }
}

const toLink = (traceparent: string): Link[] => {
  const context = readTraceparent(traceparent)
  return context === undefined ? [] : [{ context }]
}

/**
 * Later versions may append fields, and version ff is invalid:
 * https://www.w3.org/TR/trace-context/#versioning-of-traceparent
 */
const pattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/

function readTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = pattern.exec(text ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

const writeTraceparent = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`
