import { Type, type Static, type TObject } from '@sinclair/typebox'

/** The settings of the metrics, named as their environment variables. */
export const metricsEnvironment = {
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'Port of the metrics for Prometheus; 0 chooses a free one. Unset: there are no metrics.',
    }),
  ),
  METRICS_HOST: Type.Optional(Type.String({ description: 'Address that the metrics listen on. Default: HOST.' })),
}

/** Where the metrics are served. */
export interface MetricsSettings {
  host: string
  port: number
}

/** Returns undefined when there are no metrics. */
export function readMetricsSettings(
  environment: Static<TObject<typeof metricsEnvironment>> & { HOST: string },
): MetricsSettings | undefined {
  const { METRICS_PORT: port, METRICS_HOST: host = environment.HOST } = environment
  return port === undefined ? undefined : { host, port }
}
