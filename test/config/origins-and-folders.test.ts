import { resolve } from 'node:path'
import t from 'tap'
import { readConfig } from '../../src/config/config.js'

t.test('origins and proxies as people have them are taken', async (t) => {
  const origins = 'https://shop.example, http://localhost:8080,http://[::1]:3000,capacitor://localhost,null'
  const config = readConfig({
    CORS_ORIGINS: origins,
    WEBSOCKET_ORIGINS: `${origins},*`,
    WIDGET_ORIGINS: 'https://*.shop.example, shop.example',
    TRUST_PROXY: 'loopback, 10.0.0.0/8,fd00::/8, 192.168.0.1',
  })
  t.equal(config.corsOrigins.length, 5)
  t.same(config.websocketOrigins, [], 'any')
  t.equal(config.trustProxy.length, 4)
})

t.test('folders are those of the working directory, whatever that is later', async (t) => {
  const relative = readConfig({ DATA_DIR: 'rel-data' })
  t.equal(relative.dataFolder, resolve('rel-data'))
  t.equal(relative.files.folder, resolve('rel-data/files'))
  t.equal(readConfig({ FILES_DIR: './rel-files' }).files.folder, resolve('rel-files'))
})
