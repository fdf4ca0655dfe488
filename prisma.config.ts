import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `prisma migrate deploy` and friends work on the database the service would use; generating the client needs none.
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
})
