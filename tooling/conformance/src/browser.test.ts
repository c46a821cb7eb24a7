import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Broker, createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { build } from 'esbuild'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Assignment } from './browser/round-trips.ts'

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

describeWithPeers(['chromium'], 'the client in a page of Chromium against the broker', (executablePath) => {
  let broker: Broker
  let site: Server
  let browser: BrowserContext
  let page: Page
  let url: string
  const profile = mkdtempSync(join(tmpdir(), 'godwit-chromium-'))

  beforeAll(async () => {
    broker = createBroker()
    url = (await broker.listen('ws://127.0.0.1:0/mqtt')).url
    site = await serve(await bundles())
    browser = await chromium.launchPersistentContext(profile, { executablePath: executablePath!, args: FLAGS })
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    site?.closeAllConnections()
    site?.close()
    await broker?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  it.each([
    ['3.1.1', 4, 'page'],
    ['3.1.1', 4, 'worker'],
    ['5.0', 5, 'page'],
    ['5.0', 5, 'worker'],
  ] as const)('%s (%i), in a %s: publishes and receives at QoS 0, 1 and 2', async (_version, version, where) => {
    const name = `${where}-${version}`
    const clients = broker.counters.connectsAccepted
    expect(await perform(page, { url, version, name }, where)).toEqual(
      [0, 1, 2].map((qos) => `${name}/${qos} grüße ${qos} ${qos}`),
    )
    expect(broker.counters.connectsAccepted).toBe(clients + 1)
  })
})

const perform = (page: Page, assignment: Assignment, where: 'page' | 'worker'): Promise<readonly string[]> =>
  page.evaluate(
    async ([given, place]) => {
      const { perform } = globalThis as unknown as {
        perform(assignment: Assignment, where: 'page' | 'worker'): Promise<readonly string[]>
      }
      return perform(given, place)
    },
    [assignment, where] as const,
  )

/** Page and worker with the client as it is published: its build, under the conditions of a browser. */
const bundles = async (): Promise<ReadonlyMap<string, string>> => {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  expect(existsSync(here('../../../packages/mqtt-client/dist')), 'packages/mqtt-client is built').toBe(true)
  const { outputFiles } = await build({
    entryPoints: [here('browser/page.ts'), here('browser/worker.ts')],
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

const PAGE = '<!doctype html><meta charset="utf-8"><title>Godwit</title><script type="module" src="/page.js"></script>'

const serve = async (files: ReadonlyMap<string, string>): Promise<Server> => {
  const server = createServer(({ url = '/' }, response) => {
    const content = url === '/' ? PAGE : files.get(url)
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': url === '/' ? 'text/html' : 'text/javascript',
    })
    response.end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
