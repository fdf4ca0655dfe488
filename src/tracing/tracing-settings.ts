import { Type, type Static, type TObject } from '@sinclair/typebox'

/**
 * The variables of OpenTelemetry that decide whether and where to spans go:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The libraries themselves read the
 * others, such as those of the sampler, of batches and of the exporter's headers.
 */
export const tracingEnvironment = {
  OTEL_SDK_DISABLED: Type.String({ default: 'false', description: '`true` switches tracing off.' }),
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.String({ description: '`otlp` switches tracing on, `none` off. Unset: on where an endpoint is set.' }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'OTLP over HTTP. Traces go to `v1/traces` below it.' }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'The same for traces alone, as it is.' }),
  ),
  OTEL_SERVICE_NAME: Type.String({ default: 'store-chat', description: 'Names the service in traces.' }),
}

/** Where spans are sent. */
export interface TracingSettings {
  url: string
  serviceName: string
  /** How long spans wait for others to be sent together. Default: `OTEL_BSP_SCHEDULE_DELAY`, or five seconds. */
  batchDelayMs?: number
}

/** The specification's own default for OTLP over HTTP. */
const DEFAULT_ENDPOINT = 'http://localhost:4318'

/** Undefined where tracing is switched off. As the specification says, exporters that are unknown here do not count. */
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
