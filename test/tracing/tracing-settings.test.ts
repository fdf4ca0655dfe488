import t from 'tap'
import { readConfig } from '../../src/config/config.js'

const read = (environment: Record<string, string>) => readConfig(environment).traces

t.test("OpenTelemetry's variables switch tracing on and off", async (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }
  const url = 'http://collector:4318/v1/traces'
  t.equal(read({}), undefined, 'off by default')
  t.strictSame(read(endpoint), { url, serviceName: 'store-chat' })
  t.strictSame(read({ ...endpoint, OTEL_SERVICE_NAME: 'chat' }), { url, serviceName: 'chat' })
  t.match(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/traces' }), { url: 'https://collector/traces' })
  t.match(read({ OTEL_TRACES_EXPORTER: 'console, otlp' }), { url: 'http://localhost:4318/v1/traces' })
  for (const off of [
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_EXPORTER: 'zipkin' },
  ]) {
    t.equal(read({ ...endpoint, ...off }), undefined, JSON.stringify(off))
  }
})

t.test('metrics are off by default, and listen where the service does', async (t) => {
  t.equal(readConfig({}).metrics, undefined)
  t.strictSame(readConfig({ METRICS_PORT: '9100', HOST: '0.0.0.0' }).metrics, { host: '0.0.0.0', port: 9100 })
  t.strictSame(readConfig({ METRICS_PORT: '0', METRICS_HOST: '10.0.0.1' }).metrics, { host: '10.0.0.1', port: 0 })
})
