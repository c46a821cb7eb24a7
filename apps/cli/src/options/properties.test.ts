import { describe, expect, it } from 'vitest'
import { PROPERTY_SEPARATOR } from './arguments.ts'
import { parseProperties, type PropertyOptions } from './properties.ts'

const parse = (...given: string[][]): PropertyOptions =>
  parseProperties(
    given.map((words) => words.join(PROPERTY_SEPARATOR)),
    ['publish', 'connect', 'will', 'subscribe', 'disconnect'],
  )

describe('-D', () => {
  it.each([
    ['publish', 'payload-format-indicator', '1', { payloadFormatIndicator: 1 }],
    ['publish', 'message-expiry-interval', '60', { messageExpiryIntervalSeconds: 60 }],
    ['publish', 'content-type', 'text/plain', { contentType: 'text/plain' }],
    ['publish', 'response-topic', 'a/b', { responseTopic: 'a/b' }],
    ['publish', 'correlation-data', 'é', { correlationData: Uint8Array.of(0xc3, 0xa9) }],
    ['will', 'will-delay-interval', '5', { willDelayIntervalSeconds: 5 }],
    ['connect', 'session-expiry-interval', '-1', { sessionExpiryIntervalSeconds: 'never' }],
    ['connect', 'receive-maximum', '10', { receiveMaximum: 10 }],
    ['connect', 'maximum-packet-size', '4096', { maximumPacketSizeBytes: 4096 }],
    ['connect', 'topic-alias-maximum', '0', { topicAliasMaximum: 0 }],
    ['connect', 'request-response-information', '1', { requestResponseInformation: true }],
    ['subscribe', 'subscription-identifier', '268435455', { subscriptionIdentifier: 268_435_455 }],
    ['disconnect', 'session-expiry-interval', '9', { sessionExpiryIntervalSeconds: 9 }],
  ] as const)('%s %s %s', (packet, property, value, expected) => {
    expect(parse([packet, property, value])[packet]).toEqual(expected)
  })

  it('keeps the order and the repeats of User Properties', () => {
    const given = [
      ['publish', 'user-property', 'k', '1'],
      ['publish', 'user-property', 'k', '1'],
      ['publish', 'user-property', 'a', ''],
    ]
    expect(parse(...given).publish.userProperties).toEqual([
      ['k', '1'],
      ['k', '1'],
      ['a', ''],
    ])
  })

  it.each([
    [['pubrec', 'user-property', 'a', 'b'], /no packet of this command/],
    [['publish', 'topic-alias', '1'], /takes no property 'topic-alias'/],
    [['subscribe', 'content-type', 'x'], /takes no property 'content-type'/],
    [['publish', 'payload-format-indicator', '2'], /from 0 to 1/],
    [['connect', 'receive-maximum', '0'], /from 1 to 65535/],
    [['publish', 'constructor', 'x'], /takes no property/],
  ])('%j is refused', (words, message) => {
    expect(() => parse(words)).toThrow(message)
  })
})
