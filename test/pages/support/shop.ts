import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Content of a shop's site. */
export interface ShopOptions {
  /** Its pages by path: the content of each head, such as the tag of the widget. */
  pages: Record<string, string>
  body?: string
  /** Its scripts and styles by path. */
  files?: Record<string, string>
  headers?: Record<string, string>
}

const types: Record<string, string> = { css: 'text/css', js: 'text/javascript' }

/** Serves a shop and returns its origin. */
export async function serveShop(t: Test, options: ShopOptions): Promise<string> {
  const { pages, body = '<main><h1>Shop</h1><input aria-label="Search"></main>', files = {}, headers } = options
  const server = createServer(({ url = '' }, response) => {
    const head = pages[url]
    const type = types[url.split('.').at(-1) ?? ''] ?? 'text/plain'
    response.writeHead(200, { 'content-type': head === undefined ? type : 'text/html; charset=utf-8', ...headers })
    if (head === undefined) response.end(files[url] ?? '')
    else {
      response.end(`<!doctype html><html lang="en"><head><title>Shop</title>
        <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${head}</head>
        <body>${body}</body></html>`)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const hostileStyle = '* { color: red !important } button, iframe, span { display: none !important; opacity: 0 }'

/** A shop whose policy allows only the chat's origin, and whose style sheet matches every element. */
export async function startShop(
  t: Test,
  chatOrigin: string,
  token: string,
  style = hostileStyle,
  lang?: string,
): Promise<string> {
  const origin = await serveShop(t, {
    pages: {
      '/': `<link rel="stylesheet" href="/shop.css"><script src="/shop.js"></script>
        <script src="${chatOrigin}/widget.js" data-token="${token}"${lang === undefined ? '' : ` data-lang="${lang}"`} async></script>`,
    },
    files: { '/shop.css': style, '/shop.js': 'window.namesBefore = Object.getOwnPropertyNames(window)' },
    headers: {
      'content-security-policy': `default-src 'none'; img-src data:; style-src 'self'; script-src 'self' ${chatOrigin}; frame-src ${chatOrigin}`,
    },
  })
  return `${origin}/`
}
