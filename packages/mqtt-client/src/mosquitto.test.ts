import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { testCertificates } from './testing/test-certificates.ts'
import { connectTcp } from '@godwit/mqtt-transport/tcp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type Client, type ClientOptions } from './index.ts'
import { request, respond } from './request.ts'

/** Resolves when something listens. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const stream = await connectTcp({ host: '127.0.0.1', port })
      return stream.destroy()
    } catch (error) {
      if (attempt > 500) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describeWithPeers(['mosquitto'], 'against Mosquitto', (mosquitto = '') => {
  let folder = ''
  let broker: ChildProcess | undefined
  let ports = { mqtt: 0, mqtts: 0, ws: 0 }
  const clients: Client[] = []

  const start = async () => {
    const child = spawn(mosquitto, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
    broker = child
    await Promise.all(Object.values(ports).map(listening))
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      broker?.once('exit', () => resolve())
      broker?.kill('SIGTERM')
    })
  const open = async (options: ClientOptions = {}, url = `mqtt://127.0.0.1:${ports.mqtt}`) => {
    const client = await connect(url, options)
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'godwit-mosquitto-'))
    ports = { mqtt: await freePort(), mqtts: await freePort(), ws: await freePort() }
    await writeFile(join(folder, 'ca.pem'), testCertificates.authority)
    await writeFile(join(folder, 'cert.pem'), testCertificates.server.cert)
    await writeFile(join(folder, 'key.pem'), testCertificates.server.key)
    await writeFile(
      join(folder, 'mosquitto.conf'),
      `allow_anonymous true
user root
log_dest none
max_inflight_messages 20
listener ${ports.mqtt} 127.0.0.1
listener ${ports.mqtts} 127.0.0.1
cafile ${folder}/ca.pem
certfile ${folder}/cert.pem
keyfile ${folder}/key.pem
require_certificate true
listener ${ports.ws} 127.0.0.1
protocol websockets
`,
    )
    await start()
  })

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close({ drain: false })))
    await stop()
    await rm(folder, { recursive: true })
  })

  it.each([3, 4, 5] as const)('version %d: QoS 0, 1 and 2 there and back', async (version) => {
    const client = await open({ version })
    const subscription = await client.subscribe(`v${version}/+name`, { qos: 2 })
    for (const qos of [0, 1, 2] as const) {
      await client.publish(`v${version}/q${qos}`, `payload ${qos}`, { qos })
      const message = await subscription.next({ timeoutMs: 5_000 })
      expect([message.text(), message.qos, message.parameters]).toEqual([`payload ${qos}`, qos, { name: `q${qos}` }])
    }
    await subscription.unsubscribe()
    expect(client.stats).toMatchObject({ unacknowledgedMessages: 0, unacknowledgedDeliveries: 0 })
  })

  it('over WebSocket', async () => {
    const client = await open({}, `ws://127.0.0.1:${ports.ws}/mqtt`)
    const subscription = await client.subscribe('ws', { qos: 1 })
    await client.publish('ws', 'x'.repeat(100_000), { qos: 1 })
    expect((await subscription.next({ timeoutMs: 5_000 })).payload).toHaveLength(100_000)
  })

  it('over TLS with a client certificate, and not without one', async () => {
    const { authority, client: own } = testCertificates
    const url = `mqtts://localhost:${ports.mqtts}`
    const client = await open({ tls: { ca: authority, cert: own.cert, key: own.key } }, url)
    await client.publish('tls', 'x', { qos: 1 })
    await expect(connect(url, { tls: { ca: authority }, timeoutMs: 5_000 })).rejects.toMatchObject({
      name: 'MqttError',
    })
    // C11 Without its authority the server is not trusted.
    await expect(connect(url)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED', phase: 'tls' })
  })

  it('3,000 messages of QoS 2 through its Receive Maximum of 20, none lost, none twice, in order', async () => {
    const client = await open()
    expect(client.server?.receiveMaximum).toBe(20)
    const seen: number[] = []
    let all = () => {}
    const complete = new Promise<void>((resolve) => (all = resolve))
    await client.subscribe('many', (message) => seen.push(Number(message.text())) === 3_000 && all(), { qos: 2 })
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => client.publish('many', String(index), { qos: 2 })))
    await complete
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, index) => index))
  })

  it('retained messages, and a will that comes when the connection breaks', async () => {
    const watcher = await open()
    await watcher.publish('kept', 'still here', { retain: true, qos: 1 })
    const kept = await watcher.subscribe('kept')
    expect(await kept.next({ timeoutMs: 5_000 })).toMatchObject({ retain: true })
    const gone = await watcher.subscribe('gone')
    const dying = await open({ will: { topicName: 'gone', payload: 'bye' } })
    await dying.close({ reasonCode: 4 })
    expect((await gone.next({ timeoutMs: 5_000 })).text()).toBe('bye')
  })

  it('request and respond', async () => {
    const server = await open()
    await respond(server, 'shout', (message) => message.text().toUpperCase())
    const client = await open()
    expect((await request(client, 'shout', 'hello', { timeoutMs: 5_000 })).text()).toBe('HELLO')
  })

  it('a Session outlives its connection: what came meanwhile is delivered on resume', async () => {
    const name = { clientId: 'sleeper', sessionExpiryIntervalSeconds: 60 }
    const first = await open(name)
    await first.subscribe('dream', { qos: 2 })
    await first.close()
    const other = await open()
    await other.publish('dream', 'one', { qos: 2 })
    const second = await open({ ...name, cleanStart: false })
    expect(second.server?.sessionPresent).toBe(true)
    const subscription = await second.subscribe('dream', { qos: 2 })
    expect((await subscription.next({ timeoutMs: 5_000 })).text()).toBe('one')
  })

  it('comes back when the broker was restarted, and subscribes anew', async () => {
    const client = await open({ reconnect: { baseMs: 20, decide: () => 50 } })
    const subscription = await client.subscribe('after', { qos: 1 })
    const online = new Promise<boolean>((resolve) => client.on('online', ({ resumed }) => resolve(resumed)))
    await stop()
    const published = client.publish('after', 'the restart', { qos: 1 })
    await start()
    expect(await online).toBe(false)
    await published
    expect((await subscription.next({ timeoutMs: 5_000 })).text()).toBe('the restart')
  })
})
