import { type Broker, createBroker } from '@godwit/mqtt-broker'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BrowserSite } from './browser/browser-site.ts'
import type { Assignment } from './browser/round-trips.ts'

describeWithPeers(['chromium'], 'the client in a page of Chromium against the broker', (executablePath) => {
  let broker: Broker
  let site: BrowserSite
  let page: Page
  let url: string

  beforeAll(async () => {
    broker = createBroker()
    url = (await broker.listen('ws://127.0.0.1:0/mqtt')).url
    site = await BrowserSite.open(executablePath, ['page', 'worker'])
    page = await site.context.newPage()
    await page.goto(site.url)
  }, 60_000)

  afterAll(async () => {
    await site?.[Symbol.asyncDispose]()
    await broker?.close()
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
