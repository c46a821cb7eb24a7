import { bytes, packet, properties, text, u16 } from '../wire/bytes.ts'
import { connect, publish } from '../wire/packets.ts'
import type { Place } from '../wire/property-table.ts'

/** The packets of 5.0 that a Client sends. */
export const SENT_BY_CLIENTS = [
  'connect',
  'will',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'unsubscribe',
  'disconnect',
  'auth',
] as const satisfies readonly Place[]
export type SentByClients = (typeof SENT_BY_CLIENTS)[number]

/** Such a packet, right but for these properties. */
export const packetWith = (place: SentByClients, given: Uint8Array, clientId: string): Buffer => {
  switch (place) {
    case 'connect':
      return connect({ version: 5, clientId, properties: given })
    case 'will':
      return connect({ version: 5, clientId, will: { topicName: 'will', properties: given } })
    case 'publish':
      return publish({ version: 5, topicName: 'properties', properties: given })
    case 'subscribe':
      return packet(0x82, u16(1), properties(given), text('properties'), 0)
    case 'unsubscribe':
      return packet(0xa2, u16(1), properties(given), text('properties'))
    case 'disconnect':
    case 'auth':
      return packet(FIRST_BYTES[place], 0, properties(given))
    default:
      return packet(FIRST_BYTES[place], bytes(u16(1), 0), properties(given))
  }
}

const FIRST_BYTES = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70, disconnect: 0xe0, auth: 0xf0 } as const
