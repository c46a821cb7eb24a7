import type { ProtocolVersion } from '../packet-type.ts'

/** Bytes that must be refused, and how. The title begins with the statement or the case that they break. */
export interface BadVector {
  readonly title: string
  readonly version: ProtocolVersion | undefined
  readonly hex: string
  readonly reasonCode: number
}

const MALFORMED = 0x81
const VIOLATION = 0x82

const bad = (title: string, version: ProtocolVersion | undefined, hex: string, reasonCode: number): BadVector => ({
  title,
  version,
  hex,
  reasonCode,
})

/** Wire cases as data, for a codec and for whoever is behind one. */
export const BAD_VECTORS: readonly BadVector[] = [
  bad('hostile #1: Remaining Length of 5 bytes', 4, '30ffffffff01', MALFORMED),
  bad('hostile #3 [MQTT-1.5.5-1]: Remaining Length not in the fewest bytes', 5, 'c08000', MALFORMED),
  bad('hostile #10: Message Type 0', 5, '0000', MALFORMED),
  bad('hostile #15 [MQTT-2.1.3-1]: PINGREQ with flags', 5, 'c100', MALFORMED),
  bad('hostile #15 [MQTT-3.6.1-1]: PUBREL without its flags', 4, '60020001', MALFORMED),
  bad('hostile #15 [MQTT-3.8.1-1]: SUBSCRIBE without its flags', 5, '80070001000001 6100', MALFORMED),
  bad('hostile #16: PINGREQ with a body', 5, 'c00100', MALFORMED),
  bad(
    'hostile #18 [MQTT-3.1.2-3]: reserved Connect Flag',
    undefined,
    '100d00044d5154540501000000 0000'.replace(' ', ''),
    MALFORMED,
  ),
  bad('hostile #26 [MQTT-1.5.4-1]: a surrogate', 4, '30050003eda080', MALFORMED),
  bad('hostile #26 [MQTT-1.5.4-1]: an overlong form', 4, '30040002c080', MALFORMED),
  bad('hostile #25 [MQTT-1.5.4-2]: U+0000', 4, '3003000100', MALFORMED),
  bad('hostile #33: an unknown property', 5, '300500016101 04', MALFORMED),
  bad('hostile #35: a property of another packet', 5, '30070001610311 0001'.replace(' ', ''), MALFORMED),
  bad('hostile #34: a property twice', 5, '30080001610401000100', VIOLATION),
  bad('hostile #43: an empty Topic Name', 4, '30020000', VIOLATION),
  bad('hostile #44 [MQTT-3.3.2-2]: a wildcard in a Topic Name', 4, '3003000123', MALFORMED),
  bad('hostile #45 [MQTT-3.3.2-8]: Topic Alias 0', 5, '300700016103230000', 0x94),
  bad('hostile #48 [MQTT-3.3.1-4]: QoS 3', 4, '36050001610001', MALFORMED),
  bad('hostile #49 [MQTT-3.3.1-2]: DUP with QoS 0', 4, '3803000161', MALFORMED),
  bad('hostile #50 [MQTT-2.2.1-3]: Packet Identifier 0', 4, '32050001610000', VIOLATION),
  bad('hostile #56 [MQTT-3.8.3-2]: SUBSCRIBE without a filter', 4, '82020001', VIOLATION),
  bad('hostile #60 [MQTT-3.8.3-5]: reserved Subscription Options', 5, '820700010000016140', MALFORMED),
  bad('hostile #71: Subscription Identifier 0', 5, '8209000102 0b00000161 00'.replaceAll(' ', ''), VIOLATION),
  bad('hostile #135: PUBACK for Packet Identifier 0', 4, '40020000', VIOLATION),
].map((vector) => ({ ...vector, hex: vector.hex.replaceAll(' ', '') }))

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, place) => Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16))
