import type { Packet, UserProperty } from '@godwit/mqtt-codec'
import { writePacket } from '@godwit/mqtt-codec/client'
import type { Payload, UserProperties } from '../api/structural.ts'
import { MqttError } from '../errors.ts'

const encoder = /* @__PURE__ */ new TextEncoder()

/** The payload's bytes. Only text is copied; what outlives the call is the caller's to leave alone until it is settled. */
export function toBytes(payload: Payload): Uint8Array {
  if (typeof payload === 'string') return encoder.encode(payload)
  return ArrayBuffer.isView(payload)
    ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
    : new Uint8Array(payload)
}

/** Options as properties of a packet: the codec writes those that the packet may have, and overlooks the others. */
export function propertiesOf<Options extends { readonly userProperties?: UserProperties | undefined }>(
  options: Options,
): Omit<Options, 'userProperties'> & { readonly userProperties?: readonly UserProperty[] } {
  const { userProperties: given, ...properties } = options
  if (!given) return properties
  return {
    ...properties,
    userProperties:
      Symbol.iterator in given
        ? [...(given as Iterable<UserProperty>)]
        : Object.entries(given).flatMap(([name, value]) => [value].flat().map((one): UserProperty => [name, one])),
  }
}

/** Throws what the caller did wrong before anything else happens, such as a Reason Code that the packet cannot have. */
export function checkEncodable(packet: Packet): void {
  const written = writePacket(packet, 5, new Uint8Array(), 0)
  if (typeof written === 'object') throw new MqttError('INVALID_ARGUMENT', written.message)
}
