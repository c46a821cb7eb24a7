import { usageError } from '../cli-error.ts'
import { PROPERTY_SEPARATOR } from './arguments.ts'
import { parseInteger, parseSessionExpiry } from './values.ts'

type Pairs = readonly (readonly [name: string, value: string])[]

/** What `-D` gave, by the packet that it goes into, as the client's options call it. */
export interface PropertyOptions {
  readonly connect: Properties
  readonly will: Properties
  readonly publish: Properties
  readonly subscribe: Properties
  readonly disconnect: Properties
}

export interface Properties {
  userProperties?: Pairs
  sessionExpiryIntervalSeconds?: number | 'never'
  receiveMaximum?: number
  maximumPacketSizeBytes?: number
  topicAliasMaximum?: number
  requestResponseInformation?: boolean
  willDelayIntervalSeconds?: number
  payloadFormatIndicator?: 0 | 1
  messageExpiryIntervalSeconds?: number
  contentType?: string
  responseTopic?: string
  correlationData?: Uint8Array
  subscriptionIdentifier?: number
}

/**
 * Reads the values of `-D` (joined by `rewriteArguments`).
 *
 * @throws CliError usage error that lists what the packet can have
 */
export function parseProperties(
  given: readonly string[],
  packets: readonly (keyof PropertyOptions)[],
): PropertyOptions {
  const options: Record<keyof PropertyOptions, Properties> = {
    connect: {},
    will: {},
    publish: {},
    subscribe: {},
    disconnect: {},
  }
  for (const words of given) {
    const [packet = '', property = '', value = '', second = ''] = words.split(PROPERTY_SEPARATOR)
    const known = packets.find((name) => name === packet)
    if (known === undefined) {
      throw usageError(`-D: '${packet}' is no packet of this command`, `here it takes: ${packets.join(', ')}`)
    }
    const names = PACKET_PROPERTIES[known]
    if (!names.includes(property)) {
      throw usageError(`-D: ${packet} takes no property '${property}' here`, `it takes: ${names.join(', ')}`)
    }
    if (property === 'user-property') {
      options[known].userProperties = [...(options[known].userProperties ?? []), [value, second]]
    } else SET[property]?.(options[known], value, `-D ${packet} ${property}`)
  }
  return options
}

/** For the DISCONNECT, whose expiry is a number only. */
export function closeProperties({ disconnect }: PropertyOptions): {
  userProperties?: Pairs | undefined
  sessionExpiryIntervalSeconds?: number | undefined
} {
  const { userProperties, sessionExpiryIntervalSeconds: expiry } = disconnect
  return { userProperties, sessionExpiryIntervalSeconds: expiry === 'never' ? 0xffff_ffff : expiry }
}

const MESSAGE = [
  'payload-format-indicator',
  'message-expiry-interval',
  'content-type',
  'response-topic',
  'correlation-data',
]

const PACKET_PROPERTIES: Readonly<Record<keyof PropertyOptions, readonly string[]>> = {
  connect: [
    'session-expiry-interval',
    'receive-maximum',
    'maximum-packet-size',
    'topic-alias-maximum',
    'request-response-information',
    'user-property',
  ],
  will: ['will-delay-interval', ...MESSAGE, 'user-property'],
  publish: [...MESSAGE, 'user-property'],
  subscribe: ['subscription-identifier', 'user-property'],
  disconnect: ['session-expiry-interval', 'user-property'],
}

const SET: Readonly<Record<string, (target: Properties, value: string, flag: string) => void>> = {
  'session-expiry-interval': (target, value, flag) => {
    target.sessionExpiryIntervalSeconds = parseSessionExpiry(flag, value)
  },
  'receive-maximum': (target, value, flag) => {
    target.receiveMaximum = parseInteger(flag, value, 1, 65_535)
  },
  'maximum-packet-size': (target, value, flag) => {
    target.maximumPacketSizeBytes = parseInteger(flag, value, 1, 0xffff_ffff, 'bytes')
  },
  'topic-alias-maximum': (target, value, flag) => {
    target.topicAliasMaximum = parseInteger(flag, value, 0, 65_535)
  },
  'request-response-information': (target, value, flag) => {
    target.requestResponseInformation = parseInteger(flag, value, 0, 1) === 1
  },
  'will-delay-interval': (target, value, flag) => {
    target.willDelayIntervalSeconds = parseInteger(flag, value, 0, 0xffff_ffff, 'seconds')
  },
  'payload-format-indicator': (target, value, flag) => {
    target.payloadFormatIndicator = parseInteger(flag, value, 0, 1) === 1 ? 1 : 0
  },
  'message-expiry-interval': (target, value, flag) => {
    target.messageExpiryIntervalSeconds = parseInteger(flag, value, 0, 0xffff_ffff, 'seconds')
  },
  'content-type': (target, value) => {
    target.contentType = value
  },
  'response-topic': (target, value) => {
    target.responseTopic = value
  },
  'correlation-data': (target, value) => {
    target.correlationData = new TextEncoder().encode(value)
  },
  'subscription-identifier': (target, value, flag) => {
    target.subscriptionIdentifier = parseInteger(flag, value, 1, 268_435_455)
  },
}
