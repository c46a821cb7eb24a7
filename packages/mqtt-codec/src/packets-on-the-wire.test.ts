import { describe, expect, it } from 'vitest'
import { decode, encode, type Packet, type ProtocolVersion } from './index.ts'
import { bytesOfHex, hexOf } from './testing/hexadecimal.ts'

/** One packet of each kind and version with all that it may hold: properties are in the order of our table, others do it otherwise. */
const EXAMPLES: readonly [title: string, version: ProtocolVersion, packet: Packet, hex: string][] = [
  [
    'CONNECT of 3.1',
    3,
    { type: 'connect', protocolVersion: 3, clientId: 'a', cleanStart: false, keepAliveSeconds: 0 },
    '10 0f 0006 4d5149736470 03 00 0000 0001 61',
  ],
  [
    'CONNECT of 3.1.1 with everything in it',
    4,
    {
      type: 'connect',
      protocolVersion: 4,
      clientId: 'c',
      cleanStart: true,
      keepAliveSeconds: 60,
      will: { topicName: 'w/t', payload: Uint8Array.of(1, 2), qos: 2, retain: true },
      username: 'u',
      password: Uint8Array.of(0xff, 0),
    },
    '10 1d 0004 4d515454 04 f6 003c 0001 63 0003 772f74 0002 0102 0001 75 0002 ff00',
  ],
  [
    'CONNECT of 5.0 with everything in it',
    5,
    {
      type: 'connect',
      protocolVersion: 5,
      clientId: '',
      cleanStart: false,
      keepAliveSeconds: 0xffff,
      will: {
        topicName: 'w',
        payload: new Uint8Array(0),
        qos: 1,
        retain: false,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryIntervalSeconds: 0x01020304,
          contentType: 't',
          responseTopic: 'r',
          correlationData: Uint8Array.of(9),
          willDelayIntervalSeconds: 0xffffffff,
          userProperties: [['k', 'v']],
        },
      },
      username: '',
      password: new Uint8Array(0),
      properties: {
        sessionExpiryIntervalSeconds: 0x80000000,
        authenticationMethod: 'm',
        authenticationData: Uint8Array.of(1),
        requestProblemInformation: false,
        requestResponseInformation: true,
        receiveMaximum: 1,
        topicAliasMaximum: 2,
        userProperties: [
          ['k', 'v'],
          ['k', ''],
        ],
        maximumPacketSizeBytes: 3,
      },
    },
    '10 5f 0004 4d515454 05 cc ffff ' +
      '29 11 80000000 15 0001 6d 16 0001 01 17 00 19 01 21 0001 22 0002 26 0001 6b 0001 76 26 0001 6b 0000 27 00000003 ' +
      '0000 ' +
      '1f 01 01 02 01020304 03 0001 74 08 0001 72 09 0001 09 18 ffffffff 26 0001 6b 0001 76 ' +
      '0001 77 0000 0000 0000',
  ],
  ['CONNACK of 3.1.1', 4, { type: 'connack', sessionPresent: true, reasonCode: 0 }, '20 02 01 00'],
  ['CONNACK of 3.1.1 that refuses', 4, { type: 'connack', sessionPresent: false, reasonCode: 0x86 }, '20 02 00 04'],
  [
    'CONNACK of 5.0 with everything in it',
    5,
    {
      type: 'connack',
      sessionPresent: true,
      reasonCode: 0,
      properties: {
        sessionExpiryIntervalSeconds: 1,
        assignedClientId: 'a',
        serverKeepAliveSeconds: 2,
        authenticationMethod: 'm',
        authenticationData: Uint8Array.of(1),
        responseInformation: 'i',
        serverReference: 's',
        reasonString: 'r',
        receiveMaximum: 3,
        topicAliasMaximum: 4,
        maximumQos: 1,
        retainAvailable: false,
        userProperties: [['k', 'v']],
        maximumPacketSizeBytes: 5,
        wildcardSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: true,
        sharedSubscriptionAvailable: false,
      },
    },
    '20 3f 01 00 3c 11 00000001 12 0001 61 13 0002 15 0001 6d 16 0001 01 1a 0001 69 1c 0001 73 1f 0001 72 21 0003 22 0004 ' +
      '24 01 25 00 26 0001 6b 0001 76 27 00000005 28 00 29 01 2a 00',
  ],
  [
    'PUBLISH of 5.0 with everything in it',
    5,
    {
      type: 'publish',
      topicName: 't',
      payload: Uint8Array.of(0x68, 0x69),
      qos: 2,
      retain: true,
      dup: true,
      packetId: 0x1234,
      properties: {
        payloadFormatIndicator: 0,
        messageExpiryIntervalSeconds: 60,
        contentType: '',
        responseTopic: 'a/b',
        correlationData: new Uint8Array(0),
        subscriptionIdentifiers: [1, 128, 268_435_455],
        topicAlias: 7,
        userProperties: [['', '']],
      },
    },
    '3d 2d 0001 74 1234 25 01 00 02 0000003c 03 0000 08 0003 612f62 09 0000 0b 01 0b 8001 0b ffffff7f 23 0007 26 0000 0000 6869',
  ],
  [
    'PUBLISH of 3.1.1',
    4,
    { type: 'publish', topicName: 'é', payload: new Uint8Array(0), qos: 0, retain: false, dup: false },
    '30 04 0002 c3a9',
  ],
  ['PUBACK of 5.0 that says nothing', 5, { type: 'puback', packetId: 1, reasonCode: 0 }, '40 02 0001'],
  ['PUBREC of 5.0 with a Reason Code', 5, { type: 'pubrec', packetId: 1, reasonCode: 0x97 }, '50 03 0001 97'],
  [
    'PUBREL of 5.0 with properties',
    5,
    { type: 'pubrel', packetId: 1, reasonCode: 0x92, properties: { reasonString: 'r', userProperties: [['k', 'v']] } },
    '62 0f 0001 92 0b 1f 0001 72 26 0001 6b 0001 76',
  ],
  ['PUBCOMP of 3.1.1', 4, { type: 'pubcomp', packetId: 0xffff, reasonCode: 0 }, '70 02 ffff'],
  [
    'SUBSCRIBE of 5.0',
    5,
    {
      type: 'subscribe',
      packetId: 2,
      subscriptions: [
        { topicFilter: '#', qos: 2, noLocal: true, retainAsPublished: false, retainHandling: 1 },
        { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: true, retainHandling: 2 },
        { topicFilter: 'b', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: { subscriptionIdentifier: 200, userProperties: [['k', 'v']] },
    },
    '82 19 0002 0a 0b c801 26 0001 6b 0001 76 0001 23 16 0001 61 28 0001 62 01',
  ],
  [
    'SUBSCRIBE of 3.1.1',
    4,
    {
      type: 'subscribe',
      packetId: 2,
      subscriptions: [{ topicFilter: 'a', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    },
    '82 06 0002 0001 61 01',
  ],
  ['SUBACK of 3.1.1', 4, { type: 'suback', packetId: 2, reasonCodes: [2, 0x80] }, '90 04 0002 02 80'],
  [
    'SUBACK of 5.0',
    5,
    { type: 'suback', packetId: 2, reasonCodes: [1, 0xa2], properties: { reasonString: 'r' } },
    '90 09 0002 04 1f 0001 72 01 a2',
  ],
  [
    'UNSUBSCRIBE of 5.0',
    5,
    { type: 'unsubscribe', packetId: 3, topicFilters: ['a', '+'], properties: { userProperties: [['k', 'v']] } },
    'a2 10 0003 07 26 0001 6b 0001 76 0001 61 0001 2b',
  ],
  ['UNSUBSCRIBE of 3.1.1', 4, { type: 'unsubscribe', packetId: 3, topicFilters: ['a'] }, 'a2 05 0003 0001 61'],
  ['UNSUBACK of 3.1.1', 4, { type: 'unsuback', packetId: 3, reasonCodes: [] }, 'b0 02 0003'],
  ['UNSUBACK of 5.0', 5, { type: 'unsuback', packetId: 3, reasonCodes: [0x11] }, 'b0 04 0003 00 11'],
  ['PINGREQ', 4, { type: 'pingreq' }, 'c0 00'],
  ['PINGRESP', 5, { type: 'pingresp' }, 'd0 00'],
  ['DISCONNECT of 3.1.1', 4, { type: 'disconnect', reasonCode: 0 }, 'e0 00'],
  [
    'DISCONNECT of 5.0',
    5,
    {
      type: 'disconnect',
      reasonCode: 0x9d,
      properties: { sessionExpiryIntervalSeconds: 0, serverReference: 's', reasonString: 'r' },
    },
    'e0 0f 9d 0d 11 00000000 1c 0001 73 1f 0001 72',
  ],
  [
    'AUTH',
    5,
    { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: Uint8Array.of(1) } },
    'f0 0a 18 08 15 0001 6d 16 0001 01',
  ],
]

describe.each(EXAMPLES)('%s', (_title, version, packet, hex) => {
  const bytes = bytesOfHex(hex)

  it('is written as these bytes', () => {
    expect(hexOf(encode(packet, version))).toBe(hexOf(bytes))
  })

  it('is read from these bytes', () => {
    expect(decode(bytes, packet.type === 'connect' ? undefined : version)).toEqual(packet)
  })
})
