import { encode, decode, type Packet } from '@godwit/mqtt-codec'
import { expect, it } from 'vitest'
import { Connection, type ConnectionHost } from './connection.ts'
import { IncomingMessages, type MessageReceiver } from './incoming.ts'
import { OutgoingMessages, type Outgoing } from './outgoing.ts'
import { Requests } from './requests.ts'

const NOTHING = () => {}

function connected(
  connack: Partial<Extract<Packet, { type: 'connack' }>> = {},
  deliver: MessageReceiver['deliver'] = NOTHING,
) {
  const failures: string[] = []
  const host: ConnectionHost = {
    bytesWaiting: NOTHING,
    accepted: NOTHING,
    failed: (error) => failures.push(error.code),
    disconnected: NOTHING,
    authenticate: () => false,
    pong: NOTHING,
  }
  const options = { receiveMaximum: 10, sendMaximum: 65_535, maximumPacketSizeBytes: 1_000 }
  const outgoing = new OutgoingMessages(options)
  const session = {
    options,
    outgoing,
    incoming: new IncomingMessages(options, { deliver }),
    requests: new Requests(outgoing, NOTHING),
  }
  const connect = {
    type: 'connect',
    protocolVersion: 5,
    clientId: 'c',
    cleanStart: true,
    keepAliveSeconds: 60,
  } as const
  const connection = new Connection(connect, session, host, 0)
  connection.send(connect)
  connection.receive(encode({ type: 'connack', sessionPresent: false, reasonCode: 0, ...connack }, 5), 0)
  connection.take(0)
  return { connection, outgoing, failures }
}

function message(qos: 0 | 1 | 2): Outgoing {
  return {
    packet: { type: 'publish', topicName: 'a', payload: new Uint8Array(), qos, retain: false, dup: false },
    queuedAt: 0,
    expiresAt: Infinity,
    mayAlias: true,
    until: undefined,
    offline: undefined,
    packetId: 0,
    state: 0,
    isSent: false,
    isCounted: false,
    settle: NOTHING,
  }
}

it('a payload may be kept: the memory of the read is not looked at again, and a small one keeps no more than a piece of it', () => {
  const payloads: Uint8Array[] = []
  const { connection } = connected({}, (packet) => payloads.push(packet.payload))
  const one = encode(
    { type: 'publish', topicName: 'a', payload: Uint8Array.of(1, 2, 3), qos: 0, retain: false, dup: false },
    5,
  )
  const chunk = new Uint8Array(one.length * 6_000)
  for (let at = 0; at < chunk.length; at += one.length) chunk.set(one, at)
  connection.receive(chunk, 0)
  chunk.fill(0xff)
  expect(payloads).toHaveLength(6_000)
  expect(new Set(payloads.map((payload) => payload.join()))).toEqual(new Set(['1,2,3']))
  expect(Math.max(...payloads.map(({ buffer }) => buffer.byteLength))).toBeLessThanOrEqual(8_192 + one.length)
})

it('C1 uses no identifier twice while in flight; the 65,536th message waits', () => {
  const { connection, outgoing } = connected()
  const packetIds = new Set<number>()
  const sent = () => {
    const packet = decode(connection.take(0).bytes, 5)
    return 'packetId' in packet ? (packet.packetId ?? 0) : 0
  }
  for (let count = 0; count < 65_535; count++) {
    outgoing.publish(message(1), 0)
    packetIds.add(sent())
  }
  expect(packetIds.size).toBe(65_535)
  outgoing.publish(message(1), 0)
  expect(connection.waitingBytes).toBe(0)
  connection.receive(encode({ type: 'puback', packetId: 77, reasonCode: 0 }, 5), 0)
  expect(sent()).toBe(77)
})

it('C8 names its next deadline, and any packet moves it', () => {
  const { connection, outgoing, failures } = connected()
  expect(connection.deadline).toBe(60_000)
  outgoing.publish(message(0), 20_000)
  connection.take(20_000)
  connection.receive(encode({ type: 'pingresp' }, 5), 30_000)
  expect(connection.deadline).toBe(80_000)
  connection.tick(80_000, false)
  expect([...connection.take(80_000).bytes]).toEqual([0xc0, 0])
  expect(connection.deadline).toBe(110_000)
  connection.tick(109_999, false)
  expect(failures).toEqual([])
  connection.tick(110_000, false)
  expect(failures).toEqual(['KEEP_ALIVE_TIMEOUT'])
})

it('C8 asks once more instead of giving up when it was called far too late', () => {
  const { connection, failures } = connected()
  connection.tick(60_000, false)
  connection.take(60_000)
  connection.tick(10_000_000, false)
  expect([...connection.take(10_000_000).bytes]).toEqual([0xc0, 0])
  connection.receive(encode({ type: 'pingresp' }, 5), 10_000_100)
  connection.tick(10_000_200, false)
  expect(failures).toEqual([])
})
