import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createBroker } from '@godwit/mqtt-broker'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeWithPeer } from './peers.ts'

/** What runs in the page: the client as a browser's bundler finds it, against the broker's WebSocket. */
const PAGE_PROGRAM = `
import { connect } from '@godwit/mqtt-client'
globalThis.roundTrip = async (url) => {
  const client = await connect(url)
  const seen = []
  let complete
  const all = new Promise((resolve) => { complete = resolve })
  await client.subscribe('page/#', (message) => {
    seen.push(message.topicName + ' ' + new TextDecoder().decode(message.payload) + ' ' + message.qos)
    if (seen.length === 3) complete()
  }, { qos: 2 })
  for (const qos of [0, 1, 2]) await client.publish('page/' + qos, 'from the page', { qos })
  await all
  await client.close()
  return seen.sort()
}
`

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents: PAGE_PROGRAM, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    write: false,
    platform: 'browser',
    conditions: ['godwit-source', 'browser'],
    format: 'iife',
  })
  return outputFiles[0]!.text
}

describeWithPeer('chromium', 'the client in a page in Chromium against the broker', () => {
  it('connects by WebSocket, publishes and receives at every QoS', async () => {
    const program = await bundle()
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(
        `<!doctype html><title>Godwit</title><script>${program.replaceAll('</script', '<\\/script')}</script>`,
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: pagePort } = server.address() as AddressInfo
    await using broker = createBroker()
    const { url } = await broker.listen('ws://127.0.0.1:0/mqtt')
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    try {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${pagePort}/`)
      const seen = await page.evaluate(
        (target) => (globalThis as unknown as { roundTrip(url: string): Promise<string[]> }).roundTrip(target),
        url,
      )
      expect(seen).toEqual(['page/0 from the page 0', 'page/1 from the page 1', 'page/2 from the page 2'])
    } finally {
      await browser.close()
      server.close()
    }
  })
})
