import { describe, expect, it } from 'vitest'
import { explain, type ExplainedField } from './explain.ts'
import type { ProtocolVersion } from './index.ts'
import { bytesOfHex, hexOf } from './testing/hexadecimal.ts'

/** Each field on a line, its parts below it: its bytes or bits, its name, what it says, the section that defines it. */
const lines = (bytes: Uint8Array, fields: readonly ExplainedField[], indent = ''): string[] =>
  fields.flatMap(({ name, start, end, bits, meaning, section, parts = [] }) => [
    `${indent}${bits ?? hexOf(bytes.subarray(start, end))} | ${name} | ${meaning} | §${section}`,
    ...lines(bytes, parts, `${indent}  `),
  ])

/** The fixed header is written down for a few of them. */
const EXPLAINED: readonly [title: string, version: ProtocolVersion, hex: string, lines: string][] = [
  [
    'a CONNECT of 3.1.1 with everything in it',
    4,
    '10 1d 0004 4d515454 04 f6 003c 0001 63 0003 772f74 0002 0102 0001 75 0002 ff00',
    `
      101d | Fixed Header | CONNECT, 29 bytes follow | §2.1
        10 | first byte |  | §2.1.1
          0001 .... | Message Type | 1 CONNECT | §2.1.1
          .... 0000 | flags | 0, reserved | §2.1.1
        1d | Remaining Length | 29 bytes follow | §2.1.4
      00044d515454 | Protocol Name | "MQTT" | §3.1.2.1
        0004 | length | 4 bytes | §1.5.4
        4d515454 | text | "MQTT" | §3.1.2.1
      04 | Protocol Version | MQTT 3.1.1 | §3.1.2.2
      f6 | Connect Flags |  | §3.1.2.3
        1... .... | User Name Flag | yes | §3.1.2.3
        .1.. .... | Password Flag | yes | §3.1.2.3
        ..1. .... | Will Retain | yes | §3.1.2.3
        ...1 0... | Will QoS | 2 | §3.1.2.3
        .... .1.. | Will Flag | yes | §3.1.2.3
        .... ..1. | Clean Start | yes | §3.1.2.3
        .... ...0 | reserved | 0 | §3.1.2.3
      003c | Keep Alive | 60 s | §3.1.2.10
      000163 | Client Identifier | "c" | §3.1.3.1
        0001 | length | 1 bytes | §1.5.4
        63 | text | "c" | §3.1.3.1
      0003772f74 | Will Topic | "w/t" | §3.1.3.3
        0003 | length | 3 bytes | §1.5.4
        772f74 | text | "w/t" | §3.1.3.3
      00020102 | Will Payload | 2 bytes | §3.1.3.4
        0002 | length | 2 bytes | §1.5.6
        0102 | data | 2 bytes | §3.1.3.4
      000175 | User Name | "u" | §3.1.3.5
        0001 | length | 1 bytes | §1.5.4
        75 | text | "u" | §3.1.3.5
      0002ff00 | Password | 2 bytes | §3.1.3.6
        0002 | length | 2 bytes | §1.5.6
        ff00 | data | 2 bytes | §3.1.3.6
    `,
  ],
  [
    'a CONNECT of 5.0 with properties, and those of its Will',
    5,
    '10 2f 0004 4d515454 05 0c 0000 12 11 00000001 15 0001 6d 16 0001 ff 17 00 21 0002 0000 07 26 0001 6b 0001 76 0001 77 0000',
    `
      00044d515454 | Protocol Name | "MQTT" | §3.1.2.1
        0004 | length | 4 bytes | §1.5.4
        4d515454 | text | "MQTT" | §3.1.2.1
      05 | Protocol Version | MQTT 5.0 | §3.1.2.2
      0c | Connect Flags |  | §3.1.2.3
        0... .... | User Name Flag | no | §3.1.2.3
        .0.. .... | Password Flag | no | §3.1.2.3
        ..0. .... | Will Retain | no | §3.1.2.3
        ...0 1... | Will QoS | 1 | §3.1.2.3
        .... .1.. | Will Flag | yes | §3.1.2.3
        .... ..0. | Clean Start | no | §3.1.2.3
        .... ...0 | reserved | 0 | §3.1.2.3
      0000 | Keep Alive | none | §3.1.2.10
      1211000000011500016d160001ff1700210002 | Properties | 18 bytes | §2.2.2
        12 | Property Length | 18 bytes | §2.2.2
        1100000001 | Session Expiry Interval Seconds |  | §2.2.2.2
          11 | identifier | 0x11 | §2.2.2.2
          00000001 | value | 1 | §1.5.3
        1500016d | Authentication Method |  | §2.2.2.2
          15 | identifier | 0x15 | §2.2.2.2
          00016d | value | "m" | §1.5.4
            0001 | length | 1 bytes | §1.5.4
            6d | text | "m" | §1.5.4
        160001ff | Authentication Data |  | §2.2.2.2
          16 | identifier | 0x16 | §2.2.2.2
          0001ff | value | 1 bytes | §1.5.6
            0001 | length | 1 bytes | §1.5.6
            ff | data | 1 bytes | §1.5.6
        1700 | Request Problem Information |  | §2.2.2.2
          17 | identifier | 0x17 | §2.2.2.2
          00 | value | 0 | §1.5.1
        210002 | Receive Maximum |  | §2.2.2.2
          21 | identifier | 0x21 | §2.2.2.2
          0002 | value | 2 | §1.5.2
      0000 | Client Identifier | "" | §3.1.3.1
        0000 | length | 0 bytes | §1.5.4
         | text | "" | §3.1.3.1
      072600016b000176 | Will Properties | 7 bytes | §2.2.2
        07 | Property Length | 7 bytes | §2.2.2
        2600016b000176 | User Properties |  | §2.2.2.2
          26 | identifier | 0x26 | §2.2.2.2
          00016b | name | "k" | §1.5.7
            0001 | length | 1 bytes | §1.5.4
            6b | text | "k" | §1.5.7
          000176 | value | "v" | §1.5.7
            0001 | length | 1 bytes | §1.5.4
            76 | text | "v" | §1.5.7
      000177 | Will Topic | "w" | §3.1.3.3
        0001 | length | 1 bytes | §1.5.4
        77 | text | "w" | §3.1.3.3
      0000 | Will Payload | 0 bytes | §3.1.3.4
        0000 | length | 0 bytes | §1.5.6
         | data | 0 bytes | §3.1.3.4
    `,
  ],
  [
    'a CONNACK of 3.1.1',
    4,
    '20 02 01 05',
    `
      01 | Connect Acknowledge Flags |  | §3.2.2.1
        0000 000. | reserved | 0 | §3.2.2.1
        .... ...1 | Session Present | yes | §3.2.2.1
      05 | Return Code | 5 not authorized | §3.2.2.2
    `,
  ],
  [
    'a CONNACK of 5.0',
    5,
    '20 03 00 87 00',
    `
      00 | Connect Acknowledge Flags |  | §3.2.2.1
        0000 000. | reserved | 0 | §3.2.2.1
        .... ...0 | Session Present | no | §3.2.2.1
      87 | Reason Code | 0x87 NotAuthorized | §3.2.2.2
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
    `,
  ],
  [
    'a PUBLISH of 5.0',
    5,
    '3b 0f 0001 74 0007 07 08 0001 72 0b 8001 6869',
    `
      3b0f | Fixed Header | PUBLISH, 15 bytes follow | §2.1
        3b | first byte |  | §2.1.1
          0011 .... | Message Type | 3 PUBLISH | §2.1.1
          .... 1... | DUP | 1 | §2.1.1
          .... .01. | QoS | 1 | §2.1.1
          .... ...1 | RETAIN | 1 | §2.1.1
        0f | Remaining Length | 15 bytes follow | §2.1.4
      000174 | Topic Name | "t" | §3.3.2.1
        0001 | length | 1 bytes | §1.5.4
        74 | text | "t" | §3.3.2.1
      0007 | Packet Identifier | 7 | §2.2.1
      07080001720b8001 | Properties | 7 bytes | §2.2.2
        07 | Property Length | 7 bytes | §2.2.2
        08000172 | Response Topic |  | §2.2.2.2
          08 | identifier | 0x08 | §2.2.2.2
          000172 | value | "r" | §1.5.4
            0001 | length | 1 bytes | §1.5.4
            72 | text | "r" | §1.5.4
        0b8001 | Subscription Identifiers |  | §2.2.2.2
          0b | identifier | 0x0b | §2.2.2.2
          8001 | value | 128 | §1.5.5
      6869 | Payload | 2 bytes | §3.3.3
    `,
  ],
  [
    'a PUBLISH of 3.1.1, QoS 0',
    4,
    '31 04 0001 74 ff',
    `
      000174 | Topic Name | "t" | §3.3.2.1
        0001 | length | 1 bytes | §1.5.4
        74 | text | "t" | §3.3.2.1
      ff | Payload | 1 bytes | §3.3.3
    `,
  ],
  [
    'a SUBSCRIBE of 5.0',
    5,
    '82 0b 0002 00 0001 23 1e 0001 61 21',
    `
      0002 | Packet Identifier | 2 | §2.2.1
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
      0001231e | Subscription |  | §3.8.3
        000123 | Topic Filter | "#" | §3.8.3
          0001 | length | 1 bytes | §1.5.4
          23 | text | "#" | §3.8.3
        1e | Subscription Options |  | §3.8.3.1
          00.. .... | reserved | 0 | §3.8.3.1
          ..01 .... | Retain Handling | send them if new | §3.8.3.1
          .... 1... | Retain As Published | yes | §3.8.3.1
          .... .1.. | No Local | yes | §3.8.3.1
          .... ..10 | Maximum QoS | 2 | §3.8.3.1
      00016121 | Subscription |  | §3.8.3
        000161 | Topic Filter | "a" | §3.8.3
          0001 | length | 1 bytes | §1.5.4
          61 | text | "a" | §3.8.3
        21 | Subscription Options |  | §3.8.3.1
          00.. .... | reserved | 0 | §3.8.3.1
          ..10 .... | Retain Handling | send none | §3.8.3.1
          .... 0... | Retain As Published | no | §3.8.3.1
          .... .0.. | No Local | no | §3.8.3.1
          .... ..01 | Maximum QoS | 1 | §3.8.3.1
    `,
  ],
  [
    'a SUBSCRIBE of 3.1.1',
    4,
    '82 06 0002 0001 61 02',
    `
      0002 | Packet Identifier | 2 | §2.2.1
      00016102 | Subscription |  | §3.8.3
        000161 | Topic Filter | "a" | §3.8.3
          0001 | length | 1 bytes | §1.5.4
          61 | text | "a" | §3.8.3
        02 | Requested QoS | 2 | §3.8.3
    `,
  ],
  [
    'a SUBACK of 5.0',
    5,
    '90 05 0002 00 01 a2',
    `
      0002 | Packet Identifier | 2 | §2.2.1
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
      01 | Reason Code | 0x01 GrantedQos1 | §3.9.3
      a2 | Reason Code | 0xa2 WildcardSubscriptionsNotSupported | §3.9.3
    `,
  ],
  [
    'a SUBACK of 3.1.1',
    4,
    '90 03 0002 80',
    `
      0002 | Packet Identifier | 2 | §2.2.1
      80 | Reason Code | 0x80 UnspecifiedError | §3.9.3
    `,
  ],
  [
    'an UNSUBSCRIBE of 5.0',
    5,
    'a2 06 0003 00 0001 61',
    `
      0003 | Packet Identifier | 3 | §2.2.1
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
      000161 | Topic Filter | "a" | §3.10.3
        0001 | length | 1 bytes | §1.5.4
        61 | text | "a" | §3.10.3
    `,
  ],
  [
    'an UNSUBSCRIBE of 3.1.1',
    4,
    'a2 08 0003 0001 61 0001 2b',
    `
      0003 | Packet Identifier | 3 | §2.2.1
      000161 | Topic Filter | "a" | §3.10.3
        0001 | length | 1 bytes | §1.5.4
        61 | text | "a" | §3.10.3
      00012b | Topic Filter | "+" | §3.10.3
        0001 | length | 1 bytes | §1.5.4
        2b | text | "+" | §3.10.3
    `,
  ],
  [
    'an UNSUBACK of 5.0',
    5,
    'b0 04 0003 00 11',
    `
      0003 | Packet Identifier | 3 | §2.2.1
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
      11 | Reason Code | 0x11 NoSubscriptionExisted | §3.9.3
    `,
  ],
  [
    'a PUBACK of 5.0 with a Reason Code',
    5,
    '40 04 0004 10 00',
    `
      0004 | Packet Identifier | 4 | §2.2.1
      10 | Reason Code | 0x10 NoMatchingSubscribers | §2.4
      00 | Properties | none | §2.2.2
        00 | Property Length | 0 bytes | §2.2.2
    `,
  ],
  [
    'a PUBREC of 5.0 without properties',
    5,
    '50 03 0004 10',
    `
      0004 | Packet Identifier | 4 | §2.2.1
      10 | Reason Code | 0x10 NoMatchingSubscribers | §2.4
    `,
  ],
  [
    'a PUBREL of 3.1.1, and a byte too many',
    4,
    '62 03 0004 00',
    `
      0004 | Packet Identifier | 4 | §2.2.1
      00 | no field | belongs to nothing | §4.13
    `,
  ],
  [
    'a PUBCOMP of 5.0 without a Reason Code',
    5,
    '70 02 0004',
    `
      0004 | Packet Identifier | 4 | §2.2.1
    `,
  ],
  [
    'a DISCONNECT of 5.0 with a property',
    5,
    'e0 07 8b 05 1f 0002 c3a9',
    `
      8b | Reason Code | 0x8b ServerShuttingDown | §2.4
      051f0002c3a9 | Properties | 5 bytes | §2.2.2
        05 | Property Length | 5 bytes | §2.2.2
        1f0002c3a9 | Reason String |  | §2.2.2.2
          1f | identifier | 0x1f | §2.2.2.2
          0002c3a9 | value | "é" | §1.5.4
            0002 | length | 2 bytes | §1.5.4
            c3a9 | text | "é" | §1.5.4
    `,
  ],
  [
    'an AUTH with an unknown property',
    5,
    'f0 05 00 03 0a 0102',
    `
      00 | Reason Code | 0x00 Success | §2.4
      030a0102 | Properties | cut off | §2.2.2
        03 | Property Length | 3 bytes | §2.2.2
        0a0102 | unknown property | no property has the identifier 0x0a | §2.2.2.2
    `,
  ],
  ['a PINGREQ', 4, 'c0 00', ``],
  [
    'a text that is cut off, inside of the properties',
    5,
    '30 0a 0001 74 04 03 0005 61 ff ff',
    `
      000174 | Topic Name | "t" | §3.3.2.1
        0001 | length | 1 bytes | §1.5.4
        74 | text | "t" | §3.3.2.1
      0403000561 | Properties | 4 bytes | §2.2.2
        04 | Property Length | 4 bytes | §2.2.2
        03000561 | Content Type | cut off | §2.2.2.2
          03 | identifier | 0x03 | §2.2.2.2
          000561 | value | cut off | §1.5.4
            0005 | length | 5 bytes | §1.5.4
            61 | text | cut off: 1 of 5 bytes | §1.5.4
      ffff | Payload | 2 bytes | §3.3.3
    `,
  ],
  [
    'a packet that is cut off in its Remaining Length',
    5,
    '30 ff',
    `
      30ff | Fixed Header | cut off | §2.1
        30 | first byte |  | §2.1.1
          0011 .... | Message Type | 3 PUBLISH | §2.1.1
          .... 0... | DUP | 0 | §2.1.1
          .... .00. | QoS | 0 | §2.1.1
          .... ...0 | RETAIN | 0 | §2.1.1
        ff | Remaining Length | cut off: 1 of 2 bytes | §2.1.4
    `,
  ],
  [
    'a packet that is cut off in a number',
    4,
    '40 02 00',
    `
      00 | Packet Identifier | cut off: 1 of 2 bytes | §2.2.1
    `,
  ],
  [
    'a property that is cut off',
    5,
    '30 06 0001 74 02 23 00',
    `
      000174 | Topic Name | "t" | §3.3.2.1
        0001 | length | 1 bytes | §1.5.4
        74 | text | "t" | §3.3.2.1
      022300 | Properties | cut off | §2.2.2
        02 | Property Length | 2 bytes | §2.2.2
        2300 | Topic Alias | cut off | §2.2.2.2
          23 | identifier | 0x23 | §2.2.2.2
          00 | value | cut off: 1 of 2 bytes | §1.5.2
    `,
  ],
  [
    'a length that runs past the packet',
    5,
    '30 05 0001 74 7f 01',
    `
      000174 | Topic Name | "t" | §3.3.2.1
        0001 | length | 1 bytes | §1.5.4
        74 | text | "t" | §3.3.2.1
      7f01 | Properties | cut off | §2.2.2
        7f | Property Length | 127 bytes | §2.2.2
        01 | Payload Format Indicator | cut off | §2.2.2.2
          01 | identifier | 0x01 | §2.2.2.2
    `,
  ],
]

describe('explain takes apart', () => {
  it.each(EXPLAINED)('%s', (_title, version, hex, expected) => {
    const bytes = bytesOfHex(hex)
    const [header, ...rest] = explain(bytes, version).parts
    const said = lines(bytes, expected.includes('Fixed Header') ? [header!, ...rest] : rest)
    expect(said.map((line) => `      ${line}`)).toEqual(expected.split('\n').slice(1, -1))
  })
})
