import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

const hostileStyle = '* { color: red !important } button, iframe, span { display: none !important; opacity: 0 }'

/** A shop whose policy allows the chat's origin and nothing more, and whose style wants to be everywhere. */
export async function startShop(
  t: Test,
  chatOrigin: string,
  token: string,
  style = hostileStyle,
  lang?: string,
): Promise<string> {
  const files: Record<string, [type: string, text: string]> = {
    '/': [
      'text/html',
      `<!doctype html><html lang="en"><head><title>Shop</title><meta name="viewport" content="width=device-width">
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="/shop.css"><script src="/shop.js"></script>
      <script src="${chatOrigin}/widget.js" data-token="${token}"${lang === undefined ? '' : ` data-lang="${lang}"`} async></script></head>
      <body><main><h1>Shop</h1><input aria-label="Search"></main></body></html>`,
    ],
    '/shop.css': ['text/css', style],
    '/shop.js': ['text/javascript', 'window.namesBefore = Object.getOwnPropertyNames(window)'],
  }
  const policy = `default-src 'none'; img-src data:; style-src 'self'; script-src 'self' ${chatOrigin}; frame-src ${chatOrigin}`
  const server = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', '']
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
