import { expect } from 'vitest'
import { summary } from './packets.ts'
import type { VirtualBroker, VirtualClient } from './virtual-broker.ts'

/** The two versions whose statements are tested. Their Protocol Levels. */
export const BOTH = [4, 5] as const

/** A session that stays for a minute (5.0) or for good (3.1.1). */
export const DURABLE = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } } as const

/** A whole packet in hexadecimal digits: its first byte, the Remaining Length, what follows. */
export const packet = (firstByte: string, ...body: string[]): string => {
  const digits = body.join('').replaceAll(' ', '')
  let length = digits.length / 2
  let encoded = ''
  do {
    encoded += hex((length & 0x7f) | (length > 0x7f ? 0x80 : 0))
    length >>= 7
  } while (length > 0)
  return firstByte + encoded + digits
}

/** Text in ASCII with its two length bytes. */
export const text = (value: string): string => hex(value.length, 2) + ascii(value)

/** Text in ASCII, or bytes of one value each. */
export const ascii = (value: string): string => [...value].map((character) => hex(character.charCodeAt(0))).join('')

/** A number in so many bytes. */
export const hex = (value: number, bytes = 1): string => value.toString(16).padStart(bytes * 2, '0')

/** A CONNECT, part by part; 5.0 has empty properties unless told otherwise. */
export const connect = (
  version: 4 | 5,
  {
    name = text('MQTT'),
    level = hex(version),
    flags = '02',
    keepAlive = '0000',
    properties = '00',
    payload = text('a'),
  } = {},
): string => packet('10', name, level, flags, keepAlive, version === 5 ? properties : '', payload)

/** The packets that came since the last look, in words. */
export const seen = (client: VirtualClient): string[] => client.received().map(summary)

/** A connected Client that has seen its CONNACK, and nothing else. */
export const join = (
  broker: VirtualBroker,
  clientId: string,
  options: Parameters<VirtualBroker['connect']>[1] = {},
): VirtualClient => {
  const client = broker.connect(clientId, options)
  expect(seen(client)).toEqual([expect.stringMatching(/^connack 0/)])
  return client
}

/** Who watches a topic: a 5.0 Client with a subscription, its SUBACK seen. */
export const watch = (broker: VirtualBroker, topicFilter: string, qos: 0 | 1 | 2 = 0): VirtualClient => {
  const watcher = join(broker, `watches ${topicFilter}`).send(packet('82', '0001', '00', text(topicFilter), hex(qos)))
  expect(watcher.receivedHex()).toBe(packet('90', '0001', '00', hex(qos)))
  return watcher
}
