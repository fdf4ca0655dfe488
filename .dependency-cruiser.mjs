/** Imports go one way. Type imports count. docs/architecture.md describes the rooms. */

/** Every folder of src that is not named here belongs to the domain. */
const rooms = [
  ...['cli', 'client', 'config', 'database', 'embedded', 'errors', 'events', 'generated', 'http', 'limits', 'pages'],
  ...['instruments', 'metrics', 'tracing'],
  ...['plugins', 'protocol', 'pubsub', 'realtime', 'tasks'],
]
const domain = `^src/(?!(${rooms.join('|')})/)[^/]+/`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-folder-cycle',
      comment: 'No folder imports a folder that imports it.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-cycle',
      comment: 'Nor does a file need one that needs it, types aside.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'protocol-stands-alone',
      comment: 'Server and client share the protocol, so it imports nothing of either.',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { path: '^src/', pathNot: '^src/protocol/' },
    },
    {
      name: 'errors-know-only-the-protocol',
      severity: 'error',
      from: { path: '^src/errors/' },
      to: { path: '^src/', pathNot: '^src/(errors|protocol)/' },
    },
    {
      name: 'client-uses-only-the-protocol',
      comment:
        'The client library also runs in browsers and on React Native: nothing of Node, no package but React for its hook.',
      severity: 'error',
      from: { path: '^src/client/', pathNot: '^src/client/react/' },
      to: { pathNot: '^src/(client|protocol)/' },
    },
    {
      name: 'client-hook-adds-only-react',
      severity: 'error',
      from: { path: '^src/client/react/' },
      to: { pathNot: '^src/(client|protocol)/|node_modules/(@types/)?react/' },
    },
    {
      name: 'client-works-without-react',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/client/react/' },
      to: { path: '^src/client/react/|node_modules/react/' },
    },
    {
      name: 'pages-use-only-the-client',
      severity: 'error',
      from: { path: '^src/pages/' },
      to: { path: '^src/', pathNot: '^src/(pages|client|protocol)/' },
    },
    {
      name: 'database-is-below-the-domain',
      severity: 'error',
      from: { path: '^src/database/' },
      to: {
        path: '^src/',
        pathNot: '^src/(database|embedded|errors|generated|instruments|protocol)/|^src/[^/]+\\.ts$',
      },
    },
    {
      name: 'domain-knows-no-delivery',
      comment: 'The domain publishes through events; sockets and Redis are the business of realtime and pubsub.',
      severity: 'error',
      from: { path: `${domain}|^src/events/` },
      to: { path: '^src/(realtime|pubsub|plugins)/' },
    },
    {
      name: 'domain-knows-no-framework',
      comment: 'Only routes know Fastify. (@fastify/busboy reads forms, without Fastify.)',
      severity: 'error',
      from: { path: domain, pathNot: 'routes\\.ts$' },
      to: { path: 'node_modules/(fastify|@fastify/(?!busboy/)[^/]+|ws|ioredis)/' },
    },
    {
      name: 'instruments-stand-alone',
      comment: 'Every room may count and trace.',
      severity: 'error',
      from: { path: '^src/instruments/' },
      to: { path: '^src/|node_modules/', pathNot: '^src/instruments/' },
    },
    {
      name: 'measured-rooms-know-no-library',
      comment: 'Rooms keep plain numbers. The libraries are loaded only where metrics or tracing are switched on.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(metrics|tracing)/' },
      to: { path: 'node_modules/(prom-client|@opentelemetry)/' },
    },
    {
      name: 'libraries-are-loaded-late',
      comment: 'Whoever does without metrics and tracing loads none of their libraries.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(metrics|tracing)/' },
      to: {
        path: '^src/(metrics|tracing)/',
        pathNot: '^src/(metrics/settings/|tracing/tracing-settings)',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'app-is-the-top',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|server)\\.ts$' },
      to: { path: '^src/(app|server)\\.ts$' },
    },
    {
      name: 'commands-are-on-their-own',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'product-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(harness|scripts|test)/' },
    },
    {
      name: 'tests-use-no-scripts',
      comment: 'What both need is in harness/.',
      severity: 'error',
      from: { path: '^(harness|test)/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'scripts-use-no-tests',
      comment: 'What both need is in harness/.',
      severity: 'error',
      from: { path: '^(harness|scripts)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^src/generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
