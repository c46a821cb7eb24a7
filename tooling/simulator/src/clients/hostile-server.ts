import { encode, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'

/** Something that no server should send, and what a client has to make of it. */
export interface ServerAttack {
  /** The invariant that it is about. */
  readonly invariant: 'C6' | 'C7'
  /** The client leaves the server; else it changes nothing. */
  readonly ends: boolean
  bytes(version: ProtocolVersion): Uint8Array
}

/** No client of the simulation gets this far with its identifiers. */
const UNUSED = 60_001

const of =
  (packet: Packet) =>
  (version: ProtocolVersion): Uint8Array =>
    encode(packet, version)

const raw =
  (...bytes: readonly number[]) =>
  (): Uint8Array =>
    Uint8Array.from(bytes)

export const SERVER_ATTACKS: Readonly<Record<string, ServerAttack>> = {
  'SUBACK for nothing': {
    invariant: 'C6',
    ends: false,
    bytes: of({ type: 'suback', packetId: UNUSED, reasonCodes: [0] }),
  },
  'UNSUBACK for nothing': {
    invariant: 'C6',
    ends: false,
    bytes: of({ type: 'unsuback', packetId: UNUSED, reasonCodes: [0] }),
  },
  'PUBACK for nothing': {
    invariant: 'C6',
    ends: false,
    bytes: of({ type: 'puback', packetId: UNUSED, reasonCode: 0 }),
  },
  'PUBCOMP for nothing': {
    invariant: 'C6',
    ends: false,
    bytes: of({ type: 'pubcomp', packetId: UNUSED, reasonCode: 0 }),
  },
  'PINGRESP for nothing': { invariant: 'C6', ends: false, bytes: of({ type: 'pingresp' }) },
  'Packet Identifier 0': { invariant: 'C6', ends: true, bytes: raw(0x40, 0x02, 0x00, 0x00) },
  'a second CONNACK': {
    invariant: 'C6',
    ends: true,
    bytes: of({ type: 'connack', sessionPresent: false, reasonCode: 0 }),
  },
  'a packet of a Client': { invariant: 'C6', ends: true, bytes: raw(0xc0, 0x00) },
  'a promise of 256 MiB': { invariant: 'C7', ends: true, bytes: raw(0x30, 0xff, 0xff, 0xff, 0x7f) },
  'a little more than it takes': { invariant: 'C7', ends: true, bytes: raw(0x30, 0x81, 0x80, 0x40) },
}
