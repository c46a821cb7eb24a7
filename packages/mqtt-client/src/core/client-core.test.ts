import { encode, decode, type Packet } from '@godwit/mqtt-codec'
import { expect, it } from 'vitest'
import { ClientCore, type CoreHost } from './client-core.ts'
import type { Outgoing } from './outbox.ts'

const NOTHING = () => {}

function connected(connack: Partial<Extract<Packet, { type: 'connack' }>> = {}) {
  const failures: string[] = []
  const host: CoreHost = {
    bytesWaiting: NOTHING,
    online: NOTHING,
    deliver: NOTHING,
    failed: (error) => failures.push(error.code),
    disconnected: NOTHING,
    authentication: NOTHING,
    report: NOTHING,
    pong: NOTHING,
    store: NOTHING,
    wallNow: () => 0,
  }
  const core = new ClientCore(host, {
    receiveMaximum: 10,
    sendMaximum: 65_535,
    maximumPacketSizeBytes: 1_000,
    topicAliasMaximum: 0,
    sendTopicAliasMaximum: 0,
    outbox: {},
    tap: undefined,
  })
  core.open({ type: 'connect', protocolVersion: 5, clientId: 'c', cleanStart: true, keepAliveSeconds: 60 }, 0)
  core.receive(encode({ type: 'connack', sessionPresent: false, reasonCode: 0, ...connack }, 5), 0)
  core.output.take()
  return { core, failures }
}

function message(qos: 0 | 1 | 2): Outgoing {
  return {
    packet: { type: 'publish', topicName: 'a', payload: new Uint8Array(), qos, retain: false, dup: false },
    sizeBytes: 1,
    queuedAt: 0,
    expiresAt: Infinity,
    mayAlias: true,
    sequence: 0,
    queued: false,
    settled: NOTHING,
    sent: NOTHING,
    stored: NOTHING,
  }
}

it('C1 uses no identifier twice while in flight; the 65,536th message waits', () => {
  const { core } = connected()
  const packetIds = new Set<number>()
  const sent = () => {
    const packet = decode(core.output.take(), 5)
    return 'packetId' in packet ? (packet.packetId ?? 0) : 0
  }
  for (let count = 0; count < 65_535; count++) {
    core.publish(message(1), 0)
    packetIds.add(sent())
  }
  expect(packetIds.size).toBe(65_535)
  core.publish(message(1), 0)
  expect(core.output.length).toBe(0)
  core.receive(encode({ type: 'puback', packetId: 77, reasonCode: 0 }, 5), 0)
  expect(sent()).toBe(77)
})

it('C8 names its next deadline, and any packet moves it', () => {
  const { core, failures } = connected()
  expect(core.deadline).toBe(60_000)
  core.publish(message(0), 20_000)
  core.receive(encode({ type: 'pingresp' }, 5), 30_000)
  expect(core.deadline).toBe(80_000)
  core.output.take()
  core.tick(80_000)
  expect([...core.output.take()]).toEqual([0xc0, 0])
  expect(core.deadline).toBe(110_000)
  core.tick(109_999)
  expect(failures).toEqual([])
  core.tick(110_000)
  expect(failures).toEqual(['KEEP_ALIVE_TIMEOUT'])
})

it('C8 asks once more instead of giving up when it was called far too late', () => {
  const { core, failures } = connected()
  core.tick(60_000)
  core.output.take()
  core.tick(10_000_000)
  expect([...core.output.take()]).toEqual([0xc0, 0])
  core.receive(encode({ type: 'pingresp' }, 5), 10_000_100)
  core.tick(10_000_200)
  expect(failures).toEqual([])
})
