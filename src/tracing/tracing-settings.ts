import { Type, type Static, type TObject } from '@sinclair/typebox'

/**
 * The variables of OpenTelemetry that decide whether spans are sent, and where:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The libraries themselves read the
 * others, such as those of the sampler, of batches and of the exporter's headers.
 */
export const tracingEnvironment = {
  OTEL_SDK_DISABLED: Type.String({ default: 'false', description: '`true` switches tracing off.' }),
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.String({ description: '`otlp` switches tracing on, `none` off. Unset: on if an endpoint is set.' }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'Endpoint of OTLP over HTTP. Traces are sent to `v1/traces` below it.',
    }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'Endpoint of traces, used unchanged.' }),
  ),
  OTEL_SERVICE_NAME: Type.String({ default: 'store-chat', description: 'Name of the service in traces.' }),
}

/** Where spans are sent. */
export interface TracingSettings {
  url: string
  serviceName: string
  /** Maximum time that spans wait to be sent in a batch. Default: `OTEL_BSP_SCHEDULE_DELAY`, or 5 s. */
  batchDelayMs?: number
}

/** The default of the specification for OTLP over HTTP. */
const DEFAULT_ENDPOINT = 'http://localhost:4318'

/** Returns undefined when tracing is switched off. Unknown exporters are ignored, as the specification demands. */
export function readTracingSettings(
  environment: Static<TObject<typeof tracingEnvironment>>,
): TracingSettings | undefined {
  const { OTEL_TRACES_EXPORTER: exporters, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = environment
  const tracesEndpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  const isChosen =
    exporters === undefined
      ? (tracesEndpoint ?? endpoint) !== undefined
      : exporters.split(',').some((name) => name.trim() === 'otlp')
  if (!isChosen || environment.OTEL_SDK_DISABLED.toLowerCase() === 'true') return undefined
  const url = tracesEndpoint ?? `${(endpoint ?? DEFAULT_ENDPOINT).replace(/\/+$/, '')}/v1/traces`
  return { url, serviceName: environment.OTEL_SERVICE_NAME }
}
