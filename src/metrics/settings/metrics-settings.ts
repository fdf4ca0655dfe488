import { Type, type Static, type TObject } from '@sinclair/typebox'

/** The settings of the metrics, by the names of their environment variables. */
export const metricsEnvironment = {
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'Port that Prometheus reads the metrics from; 0 takes a free one. Unset: there are no metrics.',
    }),
  ),
  METRICS_HOST: Type.Optional(Type.String({ description: 'Address that this port is on. Unset: as HOST.' })),
}

/** Where the metrics are read. */
export interface MetricsSettings {
  host: string
  port: number
}

/** Undefined where there are no metrics. */
export function readMetricsSettings(
  environment: Static<TObject<typeof metricsEnvironment>> & { HOST: string },
): MetricsSettings | undefined {
  const { METRICS_PORT: port, METRICS_HOST: host = environment.HOST } = environment
  return port === undefined ? undefined : { host, port }
}
