import type { App } from '../http/describe-route.js'
import { cannedReplyRoutes } from './canned-replies/canned-reply-routes.js'
import { colleagueRoutes } from './colleagues/colleague-routes.js'
import { detailsRoutes } from './details/details-routes.js'
import { listRoutes } from './lists/list-routes.js'
import { noteRoutes } from './notes/note-routes.js'
import { ratingRoutes } from './ratings/rating-routes.js'

/** The routes of the desk, and those of ratings by stores. */
export async function deskRoutes(app: App): Promise<void> {
  await app.register(ratingRoutes)
  await app.register(async (admins: App) => {
    admins.addHook('onRequest', app.requireAccount('admin'))
    for (const routes of [listRoutes, detailsRoutes, noteRoutes, cannedReplyRoutes, colleagueRoutes]) {
      await admins.register(routes)
    }
  })
}
