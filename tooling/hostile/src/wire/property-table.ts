import { bytes, text, u16, u32 } from './bytes.ts'

/** Where a property may stand; `will` are those of the Will in a CONNECT. */
export type Place =
  | 'connect'
  | 'will'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'subscribe'
  | 'suback'
  | 'unsubscribe'
  | 'unsuback'
  | 'disconnect'
  | 'auth'

export interface PropertyRow {
  readonly id: number
  /** A legal value. */
  readonly sample: Buffer
  /** Zero, or nothing. */
  readonly zero: Buffer
  readonly places: readonly Place[]
}

const row = (id: number, sample: Buffer, zero: Buffer, ...places: Place[]): PropertyRow => ({
  id,
  sample: bytes(id, sample),
  zero: bytes(id, zero),
  places,
})
const byte = (id: number, ...places: Place[]): PropertyRow => row(id, bytes(1), bytes(0), ...places)
const two = (id: number, ...places: Place[]): PropertyRow => row(id, u16(9), u16(0), ...places)
const four = (id: number, ...places: Place[]): PropertyRow => row(id, u32(9_999), u32(0), ...places)
const string = (id: number, ...places: Place[]): PropertyRow => row(id, text('x'), text(''), ...places)

const ACKNOWLEDGEMENTS = ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const

/** All that MQTT 5.0 has (§2.2.2.2), but for User Property, which may stand everywhere and repeat. */
export const PROPERTIES: readonly PropertyRow[] = [
  byte(0x01, 'publish', 'will'),
  four(0x02, 'publish', 'will'),
  string(0x03, 'publish', 'will'),
  string(0x08, 'publish', 'will'),
  string(0x09, 'publish', 'will'),
  row(0x0b, bytes(5), bytes(0), 'publish', 'subscribe'),
  four(0x11, 'connect', 'connack', 'disconnect'),
  string(0x12, 'connack'),
  two(0x13, 'connack'),
  string(0x15, 'connect', 'connack', 'auth'),
  string(0x16, 'connect', 'connack', 'auth'),
  byte(0x17, 'connect'),
  four(0x18, 'will'),
  byte(0x19, 'connect'),
  string(0x1a, 'connack'),
  string(0x1c, 'connack', 'disconnect'),
  string(0x1f, 'connack', ...ACKNOWLEDGEMENTS, 'suback', 'unsuback', 'disconnect', 'auth'),
  two(0x21, 'connect', 'connack'),
  two(0x22, 'connect', 'connack'),
  two(0x23, 'publish'),
  byte(0x24, 'connack'),
  byte(0x25, 'connack'),
  four(0x27, 'connect', 'connack'),
  byte(0x28, 'connack'),
  byte(0x29, 'connack'),
  byte(0x2a, 'connack'),
]
