export interface SpanDescription {
  /** Low in cardinality: a route or an operation, never an id. */
  name: string
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal'
  /** No secrets and nothing that users wrote. */
  attributes?: Record<string, string | number>
  /** A `traceparent` that the span continues; `none` begins a new trace. Default: the active span. */
  parent?: string
  /** The `traceparent`s of spans that this one belongs to as well. */
  links?: string[]
}

/** One operation of a trace, under way. */
export interface Span {
  /** Names the span to others, in the format of the header: https://www.w3.org/TR/trace-context/#traceparent-header */
  readonly traceparent: string
  set(attribute: string, value: string | number): void
  /** Also belongs to another span, which it does not descend from. */
  link(traceparent: string): void
  /** Marks the operation as failed. The error's message is left out: it may quote what users wrote. */
  fail(error: unknown): void
  /** A second call does nothing. */
  end(): void
}

/**
 * Makes spans. A node has a tracing only while it is switched on, so that rooms ask no more than whether there is one. The
 * active span follows asynchronous calls.
 */
export interface Tracing {
  /** Begins a span. The caller ends it. */
  begin(description: SpanDescription): Span
  /** Runs work with a span as the active one. */
  within<T>(span: Span, work: () => T): T
  /** Runs work in a new active span, which ends with the work, or with the promise that the work returns. */
  run<T>(description: SpanDescription, work: (span: Span) => T): T
  active(): Span | undefined
}
