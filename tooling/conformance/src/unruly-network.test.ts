import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBroker } from '@godwit/mqtt-broker'
import { connect } from '@godwit/mqtt-client'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { Random } from '@godwit/vitest-preset/random'
import { Aedes } from 'aedes'
import { describe, expect, it } from 'vitest'
import { Running } from './processes.ts'
import { UnrulyProxy } from './unruly/unruly-proxy.ts'

const MESSAGES = 300
const numbers = Array.from({ length: MESSAGES }, (_, number) => number)

interface Way {
  /** The subscriber is not cut. Default: it is. */
  readonly isDirect?: boolean
}

/** Publishes over a network that cuts, delays and splits, to a Client behind it, and returns what that one got at each QoS. */
async function across(port: number, seed: number, qualities: readonly (1 | 2)[], { isDirect = false }: Way) {
  await using proxy = await UnrulyProxy.start(port, new Random(seed))
  const options = {
    cleanStart: false,
    sessionExpiryIntervalSeconds: 600,
    reconnect: { baseMs: 4, maximumMs: 20, initial: true },
    // What is sent again after a cut has to fit into a connection.
    sendMaximum: 10,
    receiveMaximum: 10,
  }
  await using subscriber = await connect(isDirect ? `mqtt://127.0.0.1:${port}` : proxy.url, {
    ...options,
    clientId: `subscriber-${seed}`,
  })
  await using publisher = await connect(proxy.url, { ...options, clientId: `publisher-${seed}` })
  const received = qualities.map((): number[] => [])
  const ends: Promise<void>[] = []
  for (const [index, qos] of qualities.entries()) {
    const subscription = await subscriber.subscribe(`unruly/${seed}/${qos}`, { qos })
    ends.push(
      (async () => {
        for await (const message of subscription) {
          received[index]!.push(parseInt(message.text(), 10))
          // Some servers send again in another order.
          if (new Set(received[index]).size === numbers.length) return
        }
      })(),
    )
  }
  const publish = (payload: string) =>
    Promise.all(qualities.map((qos) => publisher.publish(`unruly/${seed}/${qos}`, payload, { qos })))
  await Promise.all(numbers.map((number) => publish(`${number} ${'.'.repeat(60)}`)))
  await Promise.all(ends)
  return { received, cuts: proxy.cuts }
}

/** Every promise of `publish` resolved, at QoS 1 nothing is missing, and at QoS 2 nothing came twice either. */
async function holds(
  port: number,
  seeds: readonly number[],
  qualities: readonly (1 | 2)[],
  way: Way = {},
): Promise<void> {
  for (const seed of seeds) {
    const { received, cuts } = await across(port, seed, qualities, way)
    for (const [index, qos] of qualities.entries()) {
      const all = received[index]!
      const distinct = qos === 1 ? [...new Set(all)] : all
      expect(distinct.toSorted((one, other) => one - other)).toEqual(numbers)
    }
    // Else nothing was shown.
    expect(cuts).toBeGreaterThan(2)
  }
}

const TITLE = 'C10 I1 loses no QoS 1 and delivers QoS 2 exactly once'
const SEEDS = [1, 2, 3]
const TIMEOUT = { timeout: 60_000 }

describe('over a network that cuts, delays and splits at random', () => {
  it(`${TITLE}, to our broker`, TIMEOUT, async () => {
    await using broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    await holds(port, SEEDS, [1, 2])
  })

  // Aedes hands QoS 2 on twice where its publisher comes back: the same message with two Packet Identifiers and without DUP.
  it('C10 I1 loses no QoS 1, to Aedes', TIMEOUT, async () => {
    const broker = await Aedes.createBroker()
    const server = createServer(broker.handle)
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    try {
      await holds(port, SEEDS, [1])
    } finally {
      await new Promise<void>((resolve) => broker.close(resolve))
      server.close()
    }
  })
})

describeWithPeers(['mosquitto'], 'over such a network', (mosquitto) => {
  it(`${TITLE}, to Debian's mosquitto`, TIMEOUT, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-mosquitto-'))
    const port = await freePort()
    writeFileSync(
      join(folder, 'mosquitto.conf'),
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 10\n`,
    )
    try {
      await using server = new Running(mosquitto, ['-c', join(folder, 'mosquitto.conf')])
      await server.until(/running/)
      // After a reconnect it sends again more than our Receive Maximum [MQTT-3.3.4-9], 13 of 10 were seen: the client bears that.
      await holds(port, SEEDS, [1, 2], {})
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describeWithPeers(['nats-server'], 'over such a network', (nats) => {
  // The nats-server of Debian grants QoS 1 at most.
  it('C10 I1 loses no QoS 1, to the MQTT of nats-server', TIMEOUT, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-nats-'))
    const port = await freePort()
    const lines = [
      'server_name: godwit',
      'listen: "127.0.0.1:-1"',
      `jetstream { store_dir: "${folder}" }`,
      `mqtt { listen: "127.0.0.1:${port}" }`,
    ]
    writeFileSync(join(folder, 'nats.conf'), lines.join('\n'))
    try {
      await using server = new Running(nats, ['-c', join(folder, 'nats.conf')])
      await server.until(/Server is ready/)
      // What was not acknowledged it sends again after 30 s, not after a reconnect: its subscriber is not cut.
      await holds(port, SEEDS, [1], { isDirect: true })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
