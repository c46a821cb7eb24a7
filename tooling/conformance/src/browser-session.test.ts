import { type Broker, createBroker } from '@godwit/mqtt-broker'
import { connect } from '@godwit/mqtt-client'
import { sessionStoreSuite } from '@godwit/mqtt-client/testing'
import type { SessionStore } from '@godwit/mqtt-client/store'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserSite } from './browser/browser-site.ts'

/** What the page has. */
interface InPage {
  publish(url: string, from: number, to: number, stored: (number: number) => void): Promise<void>
  told(number: number): void
  load(...given: unknown[]): Promise<unknown>
}

describeWithPeers(['chromium'], 'Sessions in IndexedDB of Chromium', (executablePath) => {
  let site: BrowserSite
  let page: Page
  let database = 0

  beforeAll(async () => {
    site = await BrowserSite.open(executablePath, ['session-page'])
    page = await site.context.newPage()
    await page.goto(site.url)
  }, 60_000)

  afterAll(() => site?.[Symbol.asyncDispose]())

  const call = (name: string, ...given: unknown[]): Promise<unknown> =>
    page.evaluate(
      ([wanted, parameters]) => {
        const inPage = globalThis as unknown as Record<string, (...these: unknown[]) => unknown>
        return inPage[wanted]!(...parameters)
      },
      [name, given] as const,
    )

  /** A store object of the page, from here. */
  const storeInPage = (databaseName: string, object: string): SessionStore => ({
    load: async (clientId) => (await call('load', object, databaseName, clientId)) as never,
    // What is sent to the page is read later: the copy that the store would make in time is made here.
    commit: async (operations) => void (await call('commit', object, databaseName, structuredClone(operations))),
    close: async () => void (await call('close', object, databaseName)),
  })

  describe('the suite of all stores', () => {
    sessionStoreSuite(async () => {
      const name = `suite-${++database}`
      let objects = 0
      return () => storeInPage(name, `${name}-${++objects}`)
    })
  })

  it('one page at a time uses a Session', async () => {
    const first = storeInPage('locked', 'first')
    await first.load('client')
    const other = await site.context.newPage()
    await other.goto(site.url)
    const refused = other.evaluate(() => (globalThis as unknown as InPage).load('second', 'locked', 'client'))
    await expect(refused).rejects.toThrow('another page uses this Session')
    await first.close()
    await other.evaluate(() => (globalThis as unknown as InPage).load('third', 'locked', 'client'))
    await other.close()
  })

  it('C10 QoS 2 is delivered exactly once over reloads of the page, whatever was stored', async () => {
    const broker: Broker = createBroker()
    const { url } = await broker.listen('ws://127.0.0.1:0/mqtt')
    const subscriber = await connect((await broker.listen('mqtt://127.0.0.1:0')).url)
    const received: number[] = []
    await subscriber.subscribe('numbers', (message) => void received.push(Number(message.text())), { qos: 2 })
    const stored: number[] = []
    let enough: () => void = () => {}
    await page.exposeFunction('told', (number: number) => {
      stored.push(number)
      if (stored.length % 7 === 0) enough()
    })
    const start = (from: number, to: number) =>
      page.evaluate(
        ([where, first, last]) => {
          const inPage = globalThis as unknown as InPage
          return inPage.publish(where, first, last, (number) => inPage.told(number))
        },
        [url, from, to] as const,
      )
    for (let round = 0; round < 6; round++) {
      const some = new Promise<void>((resolve) => (enough = resolve))
      const interrupted = start(round * 100 + 1, round * 100 + 40).catch(() => {})
      await some
      await page.reload()
      await interrupted
    }
    await start(601, 605)
    await expect.poll(() => stored.every((number) => received.includes(number)), { timeout: 20_000 }).toBe(true)
    expect(new Set(received).size).toBe(received.length)
    expect(stored.length).toBeGreaterThan(40)
    await subscriber.close()
    await broker.close()
  }, 60_000)
})
