import { collectDefaultMetrics, Registry } from 'prom-client'
import type { DatabaseOptions } from '../database/database.js'
import { openDatabaseProbe } from './database-probe.js'
import { startMetricsServer, type MetricsServer } from './metrics-server.js'
import { createRegistrar } from './registrar.js'
import { registerDatabase } from './register-database.js'
import * as rooms from './register-metrics.js'
import * as platformRooms from './register-platform.js'
import type { MetricsSettings } from './settings/metrics-settings.js'
import type { MetricSources } from './sources.js'

/**
 * Metrics of the library that list every open socket at each scrape. Their sums are gauges that are named like counters, which
 * `promtool check metrics` refuses.
 */
const UNWANTED = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

/**
 * Opens the metrics of a node: a registry of its own, filled from the counters of all rooms at each scrape. A scrape is
 * answered within a second, even when PostgreSQL hangs. Concurrent scrapes share an answer.
 * @throws StartupError when the port cannot be listened on
 */
export async function openMetrics(
  settings: MetricsSettings,
  database: DatabaseOptions,
  sources: Omit<MetricSources, 'database'>,
  onError: (error: unknown) => void,
): Promise<MetricsServer> {
  const registry = new Registry()
  const registrar = createRegistrar(registry)
  const probe = openDatabaseProbe(database)
  let state: ReturnType<MetricSources['database']> = { isUp: false }
  const all: MetricSources = { ...sources, database: () => state }
  for (const register of [registerDatabase, ...Object.values(rooms), ...Object.values(platformRooms)])
    register(registrar, all)
  // Memory, CPU, event loop and garbage collection. Their observers live as long as the process. A resolution of 20 ms
  // instead of 10 ms saves half a percent of a core (measured).
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 })
  for (const name of UNWANTED) registry.removeSingleMetric(name)

  let collecting: Promise<string> | undefined
  async function collect(): Promise<string> {
    state = await probe.read()
    return registry.metrics()
  }
  const exposition = {
    contentType: registry.contentType,
    collect: () => (collecting ??= collect().finally(() => (collecting = undefined))),
  }
  const server = await startMetricsServer(settings, exposition, onError).catch(async (error: unknown) => {
    await probe.close()
    throw error
  })
  return {
    origin: server.origin,
    async close() {
      await server.close()
      await probe.close()
    },
  }
}
