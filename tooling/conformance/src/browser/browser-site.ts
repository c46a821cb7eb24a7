import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type BrowserContext, chromium } from 'playwright-core'
import { expect } from 'vitest'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A Chromium of its own with an empty profile, and a site with one page that runs scripts of `browser/`. */
export class BrowserSite implements AsyncDisposable {
  readonly context: BrowserContext
  readonly url: string
  readonly #site: Server
  readonly #profile: string

  private constructor(context: BrowserContext, site: Server, profile: string) {
    this.context = context
    this.#site = site
    this.#profile = profile
    this.url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
  }

  /** @param scripts of `browser/`; the page runs the first */
  static async open(executablePath: string, scripts: readonly [string, ...string[]]): Promise<BrowserSite> {
    const site = await serve(scripts[0], await bundles(scripts))
    const profile = mkdtempSync(join(tmpdir(), 'godwit-chromium-'))
    const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS })
    return new BrowserSite(context, site, profile)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
    this.#site.closeAllConnections()
    this.#site.close()
    rmSync(this.#profile, { recursive: true, force: true })
  }
}

/** With the client as it is published: its build, under the conditions of a browser. */
const bundles = async (scripts: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  expect(existsSync(here('../../../../packages/mqtt-client/dist')), 'packages/mqtt-client is built').toBe(true)
  const { outputFiles } = await build({
    entryPoints: scripts.map((script) => here(`${script}.ts`)),
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
    target: 'es2023',
  })
  return new Map(outputFiles.map(({ path, text }) => [path, text]))
}

const serve = async (script: string, files: ReadonlyMap<string, string>): Promise<Server> => {
  const page = `<!doctype html><meta charset="utf-8"><title>Godwit</title><script type="module" src="/${script}.js"></script>`
  const server = createServer(({ url = '/' }, response) => {
    const content = url === '/' ? page : files.get(url)
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': url === '/' ? 'text/html' : 'text/javascript',
    })
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
