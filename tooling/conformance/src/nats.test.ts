import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@godwit/mqtt-client'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Running } from './processes.ts'

describeWithPeers(['nats-server'], 'our client against the MQTT of nats-server', (command) => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-nats-'))
  let server: Running
  let url: string

  beforeAll(async () => {
    const port = await freePort()
    const configuration = join(folder, 'nats.conf')
    // Its Sessions are streams of JetStream, which has to have a name and a place.
    const lines = [
      'server_name: godwit',
      'listen: "127.0.0.1:-1"',
      `jetstream { store_dir: "${folder}" }`,
      `mqtt { listen: "127.0.0.1:${port}" }`,
    ]
    writeFileSync(configuration, lines.join('\n'))
    server = new Running(command, ['-c', configuration])
    await server.until(/Server is ready/)
    url = `mqtt://127.0.0.1:${port}`
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it('falls back to 3.1.1, which is what it speaks, and delivers QoS 0 and 1', async () => {
    await using client = await connect(url, { clientId: 'godwit' })
    expect(client.server?.version).toBe(4)
    const readings = await client.subscribe('site/+id', { qos: 1 })
    for (const [id, qos] of [0, 1, 0, 1].entries())
      await client.publish(`site/${id}`, 'grüße', { qos: qos === 1 ? 1 : 0 })
    const seen: string[] = []
    for await (const message of readings) {
      seen.push(`${message.parameters.id} ${message.text()} ${message.qos}`)
      if (seen.length === 4) break
    }
    // QoS 1 goes through a stream of its own there, so it may come after a later QoS 0.
    expect(seen.sort()).toEqual(['0 grüße 0', '1 grüße 1', '2 grüße 0', '3 grüße 1'])
  })

  it('resumes a Session, and gets what came meanwhile', async () => {
    const options = { version: 4, cleanStart: false, sessionExpiryIntervalSeconds: 600 } as const
    const first = await connect(url, { ...options, clientId: 'kept' })
    await first.subscribe('kept/+id', { qos: 1 })
    await first.close()
    await using other = await connect(url, { version: 4 })
    await other.publish('kept/1', 'meanwhile', { qos: 1 })
    await using second = await connect(url, { ...options, clientId: 'kept' })
    expect(second.server?.sessionPresent).toBe(true)
    const kept = await second.subscribe('kept/+id', { qos: 1 })
    expect((await kept.next()).text()).toBe('meanwhile')
  })
})
