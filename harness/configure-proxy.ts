import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const proxies = ['caddy', 'nginx'] as const

export type ProxyName = (typeof proxies)[number]

/**
 * Returns the proxy with this name; undefined for an empty name.
 * @throws Error that lists the known proxies
 */
export function chooseProxy(word = ''): ProxyName | undefined {
  const name = proxies.find((one) => one === word)
  if (name === undefined && word !== '')
    throw new Error(`There is no proxy "${word}". There are: ${proxies.join(', ')}.`)
  return name
}

interface ProxyLocation {
  /** Port of the proxy on 127.0.0.1. */
  port: number
  /** Ports of the two nodes on 127.0.0.1. */
  ports: number[]
  /** Folder for the proxy's files. */
  home: string
}

/** How to run a proxy in the foreground; SIGTERM ends it. */
export interface ProxyCommand {
  args: string[]
  environment: Record<string, string>
  /** Files that it logs to, besides its standard streams. */
  logFiles: string[]
}

/** Prepares a proxy with its configuration in `deploy/`. Only addresses and paths are replaced. */
export const configureProxy = (name: ProxyName, location: ProxyLocation): Promise<ProxyCommand> =>
  configure[name](location)

const configure = {
  async caddy({ port, ports, home }: ProxyLocation): Promise<ProxyCommand> {
    const file = join(home, 'Caddyfile')
    const options = ['admin off', 'auto_https disable_redirects', 'default_bind 127.0.0.1', 'skip_install_trust']
    await writeFile(
      file,
      replaceIn(await readFile('deploy/Caddyfile', 'utf8'), [['\n{\n', `\n{\n\t${options.join('\n\t')}\n`]]),
    )
    return {
      args: ['run', '--adapter', 'caddyfile', '--config', file],
      environment: {
        HOME: home,
        XDG_DATA_HOME: home,
        XDG_CONFIG_HOME: home,
        SITE_ADDRESS: `localhost:${port}`,
        NODES: ports.map((one) => `127.0.0.1:${one}`).join(' '),
      },
      logFiles: [],
    }
  },

  async nginx({ port, ports, home }: ProxyLocation): Promise<ProxyCommand> {
    const at = (name: string) => join(home, name)
    const files = { site: at('site.conf'), main: at('nginx.conf'), certificate: at('cert.pem'), key: at('key.pem') }
    const logs = { access: at('access.log'), error: at('error.log'), main: at('main.log') }
    const keyArgs = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    await promisify(execFile)('openssl', ['req', ...keyArgs, '-keyout', files.key, '-out', files.certificate])
    await writeFile(
      files.site,
      replaceIn(await readFile('deploy/nginx.conf', 'utf8'), [
        ['127.0.0.1:8001', `127.0.0.1:${ports[0]}`],
        ['127.0.0.1:8002', `127.0.0.1:${ports[1]}`],
        ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
        ['/etc/ssl/certs/chat.example.com.pem', files.certificate],
        ['/etc/ssl/private/chat.example.com.key', files.key],
        ['/var/log/nginx/store-chat.log', logs.access],
        ['/var/log/nginx/store-chat.error.log', logs.error],
      ]),
    )
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    await writeFile(
      files.main,
      `daemon off; pid ${at('pid')}; error_log ${logs.main}; worker_processes auto; worker_rlimit_nofile 65536;
       events { worker_connections 30000; }
       http { ${kinds.map((kind) => `${kind}_temp_path ${at(kind)};`).join(' ')} include ${files.site}; }`,
    )
    return { args: ['-c', files.main], environment: {}, logFiles: Object.values(logs) }
  },
}

/** @throws Error when a text to replace is missing: the copy would not be the configuration under test */
function replaceIn(text: string, replacements: [string, string][]): string {
  return replacements.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`The configuration of the proxy has no ${JSON.stringify(from)}`)
    return result.replaceAll(from, to)
  }, text)
}
