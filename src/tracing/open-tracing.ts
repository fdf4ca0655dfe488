import { AsyncLocalStorage } from 'node:async_hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Span, Tracing } from '../instruments/tracing.js'
import { createTracing } from './create-tracing.js'
import type { TracingSettings } from './tracing-settings.js'

/** Maximum time that a receiver without an answer delays the shutdown of a node. */
const CLOSE_PATIENCE_MS = 1500

/**
 * Opens the tracing of a node, which sends its spans in batches by OTLP over HTTP, as JSON. Each node of a process has
 * its own: nothing is registered globally, and no module is patched.
 * @param onError called for each batch that could not be sent; its spans are lost
 */
export async function openTracing(
  { url, serviceName, batchDelayMs }: TracingSettings,
  onError: (error: Error) => void,
): Promise<{ tracing: Tracing; close(): Promise<void> }> {
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes({ 'service.name': serviceName }))
  const exporter = reportFailures(new OTLPTraceExporter({ url }), onError)
  const options = batchDelayMs === undefined ? {} : { scheduledDelayMillis: batchDelayMs }
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter, options)] })
  const storage = new AsyncLocalStorage<Span>()
  return {
    tracing: createTracing(provider.getTracer('store-chat'), storage),
    async close() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_PATIENCE_MS)))
      await Promise.race([provider.shutdown().catch(onError), late])
      clearTimeout(timer)
      // Before Node.js 24, a storage that was used slows down every promise of its process.
      storage.disable()
    },
  }
}

/** Passes failures to `onError`: the libraries only report them to a global logger. */
function reportFailures(exporter: SpanExporter, onError: (error: Error) => void): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error) onError(result.error)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    async forceFlush() {
      await exporter.forceFlush?.()
    },
  }
}
