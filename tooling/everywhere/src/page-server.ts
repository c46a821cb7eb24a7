import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const PAGE = '<!doctype html><meta charset="utf-8"><title>Godwit</title><script type="module" src="page.js"></script>'

/** Serves folders below one another: `/esbuild/` is a page that runs `/esbuild/page.js`. */
export class PageServer implements AsyncDisposable {
  readonly #server: Server
  readonly url: string

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  static async open(folder: string): Promise<PageServer> {
    const server = createServer(({ url = '/' }, response) => {
      const file = join(folder, new URL(url, 'http://x').pathname)
      if (url.endsWith('/')) response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
      else if (!existsSync(file)) response.writeHead(404).end()
      else {
        response.writeHead(200, { 'content-type': 'text/javascript' })
        createReadStream(file).pipe(response)
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new PageServer(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
