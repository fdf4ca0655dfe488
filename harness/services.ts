/** The services that `npm test` starts for all test files. */
export interface Services {
  /** The PostgreSQL cluster, with the login of a superuser. */
  databaseUrl: string
  /** The folder of a cluster that does not run and whose database is migrated, to be copied. */
  templateCluster: string
  /** The migrated database from which each test clones its own. */
  templateDatabase: string
  redisUrl: string
}

const variables = {
  templateCluster: 'TEST_TEMPLATE_CLUSTER',
  databaseUrl: 'TEST_DATABASE_URL',
  templateDatabase: 'TEST_TEMPLATE_DATABASE',
  redisUrl: 'TEST_REDIS_URL',
} as const

export function readServices(): Services {
  const read = (name: string) => {
    const value = process.env[name]
    if (value === undefined) throw new Error(`${name} is not set: run tests by \`npm test -- test/….test.ts\``)
    return value
  }
  return {
    templateCluster: read(variables.templateCluster),
    databaseUrl: read(variables.databaseUrl),
    templateDatabase: read(variables.templateDatabase),
    redisUrl: read(variables.redisUrl),
  }
}

/** The environment variables that `readServices` reads. */
export function nameServices(services: Services): Record<string, string> {
  return {
    [variables.templateCluster]: services.templateCluster,
    [variables.databaseUrl]: services.databaseUrl,
    [variables.templateDatabase]: services.templateDatabase,
    [variables.redisUrl]: services.redisUrl,
  }
}
