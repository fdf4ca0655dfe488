export interface SpanDescription {
  /** Low in cardinality: a route or an operation, never an id. */
  name: string
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal'
  /** No secrets and nothing that users wrote. */
  attributes?: Record<string, string | number>
  /** A `traceparent` that the span continues; `none` starts a new trace. Default: the active span. */
  parent?: string
  /** The `traceparent`s of other spans that this one is linked to. */
  links?: string[]
}

/** One operation of a trace, in progress. */
export interface Span {
  /**
   * Identifies the span to other systems, in the format of the header:
   * https://www.w3.org/TR/trace-context/#traceparent-header
   */
  readonly traceparent: string
  set(attribute: string, value: string | number): void
  /** Links the span to another one that is not its parent. */
  link(traceparent: string): void
  /** Marks the operation as failed. The message of the error is left out, because it may contain what users wrote. */
  fail(error: unknown): void
  /** A second call does nothing. */
  end(): void
}

/**
 * Creates spans. A node has a `Tracing` only when tracing is switched on, so callers only check whether there is one.
 * The active span follows asynchronous calls.
 */
export interface Tracing {
  /** Starts a span. The caller ends it. */
  begin(description: SpanDescription): Span
  /** Runs work with the span as the active one. */
  within<T>(span: Span, work: () => T): T
  /** Runs work in a new active span, which ends with the work or with the promise that it returns. */
  run<T>(description: SpanDescription, work: (span: Span) => T): T
  active(): Span | undefined
}
