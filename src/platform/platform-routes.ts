import type { App } from '../http/describe-route.js'
import { accountRoutes } from './account-routes.js'
import { createPlatformCheck, type PlatformAccess } from './platform-access.js'
import { tokenRoutes } from './token-routes.js'
import { deliveryRoutes } from '../webhooks/routes/delivery-routes.js'
import { webhookRoutes } from '../webhooks/routes/webhook-routes.js'

/**
 * The routes for the platform's own backend: stores, admins, tokens and webhooks. Registered only with PLATFORM_TOKEN.
 */
export async function platformRoutes(app: App, access: PlatformAccess): Promise<void> {
  app.addHook('onRequest', createPlatformCheck(access, app.limits))
  await app.register(accountRoutes)
  await app.register(tokenRoutes)
  await app.register(webhookRoutes)
  await app.register(deliveryRoutes)
}
