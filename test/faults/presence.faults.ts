import t from 'tap'
import { addAdmin, addStore } from '../support/chat/accounts.js'
import { createDatabase } from '../support/databases/database.js'
import { readServices } from '../../harness/services.js'
import { startServer } from '../support/nodes/server-process.js'
import { enter } from '../support/clients/socket-client.js'

/** Time for which sockets of a killed node may count as online. */
const OFFLINE_MS = 45_000

t.test('what a killed node said of its sockets ends with it', async (t) => {
  const database = await createDatabase(t)
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: readServices().redisUrl,
    REDIS_PREFIX: `test-presence-${process.pid}`,
  }
  const doomed = startServer(t, environment)
  const [here, there] = await Promise.all([startServer(t, environment).ready(), doomed.ready()])
  const [store, admin] = [await addStore(database), await addAdmin(database)]
  const { id } = (await here.get('/v1/chat/store/session/', store)).body
  await here.post('/v1/chat/admin/session/claim/', { ...admin, body: { session_id: id } })
  const watching = await enter(t, here, 'admin', admin)
  await enter(t, there, 'store', store)
  const isOf = (online: boolean) => (presence: { session_id: number; online: boolean }) =>
    presence.session_id === id && presence.online === online
  await watching.next('presence', isOf(true), 10_000)
  doomed.kill('SIGKILL')
  t.ok(await watching.next('presence', isOf(false), OFFLINE_MS), 'the store is shown as offline')
})
