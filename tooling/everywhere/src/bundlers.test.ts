import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Bundler } from './bundlers/bundler.ts'
import { esbuild } from './bundlers/esbuild.ts'
import { rollup } from './bundlers/rollup.ts'
import { vite } from './bundlers/vite.ts'
import { webpack } from './bundlers/webpack.ts'
import { PageServer } from './page-server.ts'

const BUNDLERS: Readonly<Record<string, Bundler>> = { esbuild, vite, webpack, rollup }
const NAMES = Object.keys(BUNDLERS)
const ENTRIES = ['page.js', 'worker.js']
const SEEN = ['0 grüße 0 0', '1 grüße 1 1', '2 grüße 2 2', 'CLOSED']

const bundles = mkdtempSync(join(tmpdir(), 'godwit-bundles-'))

afterAll(() => rmSync(bundles, { recursive: true, force: true }))

const bundle = (name: string, entries: readonly string[], to = name): Promise<readonly string[]> =>
  BUNDLERS[name]!({ folder: inject('packedClient'), entries, outFolder: join(bundles, to) })

const filesOf = (name: string): string[] =>
  readdirSync(join(bundles, name), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))

describe('the packed client in bundles for a browser', () => {
  it.each(NAMES)('%s bundles it without a warning, and with nothing of Node', async (name) => {
    expect(await bundle(name, ENTRIES)).toEqual([])
    for (const file of filesOf(name)) {
      const code = readFileSync(join(bundles, name, file), 'utf8')
      expect(code, `${name}/${file}`).not.toMatch(/node:|\bBuffer\b|\bprocess\b|\brequire\(/)
    }
  })

  it.each(NAMES)('%s shakes off what is not used', async (name) => {
    expect(await bundle(name, ['only-error.js'], `${name}-one`)).toEqual([])
    const files = filesOf(`${name}-one`).map((file) => readFileSync(join(bundles, `${name}-one`, file)))
    expect(Buffer.concat(files).length).toBeLessThan(2_000)
  })
})

describeWithPeers(['chromium'], 'the bundles in Chromium, against the broker', (executablePath) => {
  let broker: Broker
  let url: string
  let profile: string
  let context: BrowserContext
  let server: PageServer
  const open = new Map<string, Page>()

  beforeAll(async () => {
    broker = createBroker()
    url = (await broker.listen('ws://127.0.0.1:0/mqtt')).url
    server = await PageServer.open(bundles)
    profile = mkdtempSync(join(tmpdir(), 'godwit-chromium-'))
    context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS })
  })

  afterAll(async () => {
    await context?.close()
    await server?.[Symbol.asyncDispose]()
    await broker?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  it.each(NAMES.flatMap((name) => [[name, 'page', 'inPage'] as const, [name, 'worker', 'inWorker'] as const]))(
    'the bundle of %s connects, subscribes and publishes at every QoS in a %s',
    async (name, where, call) => {
      const page = open.get(name) ?? (await context.newPage())
      if (!open.has(name)) await page.goto(`${server.url}${name}/`)
      open.set(name, page)
      const accepted = broker.counters.connectsAccepted
      const seen = await page.evaluate(
        async ([which, ...given]) => {
          const page = globalThis as unknown as Record<string, (...given: string[]) => Promise<string[]>>
          return page[which!]!(...given)
        },
        [call, url, `${name}/${where}`],
      )
      expect(seen).toEqual(SEEN)
      expect(broker.counters.connectsAccepted).toBe(accepted + 1)
    },
  )
})

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]
