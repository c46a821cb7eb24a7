/** What a caller of this package did wrong, or, with `ASSERTION_FAILED`, this package itself. Nothing that a peer sends leads here. */
export type QosErrorCode =
  | 'ASSERTION_FAILED'
  | 'RECEIVE_MAXIMUM_OUT_OF_RANGE'
  | 'PACKET_IDENTIFIER_OUT_OF_RANGE'
  | 'PACKET_IDENTIFIER_IN_USE'

const brand = Symbol.for('@godwit/mqtt-qos/QosError')

/** Thrown for a caller's mistake, such as a Packet Identifier outside of 1 to 65,535. Recognise it by `code` or `QosError.isInstance`. */
export class QosError extends Error {
  readonly code: QosErrorCode

  constructor(code: QosErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QosError'
    this.code = code
    // Defined, so that it is not enumerable and no log prints it.
    Object.defineProperty(this, brand, {})
  }

  /** Also true for an error of another copy of this package (ESM beside CJS, two versions). */
  static isInstance(value: unknown): value is QosError {
    return typeof value === 'object' && value !== null && brand in value
  }
}

export const MAXIMUM_PACKET_ID = 65_535

/** A Packet Identifier and a Receive Maximum alike: two bytes, and not 0. */
function requireNumber(value: number, code: QosErrorCode): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAXIMUM_PACKET_ID) return value
  throw new QosError(code, `not 1 to 65535: ${value}`)
}

export const requirePacketId = (packetId: number) => requireNumber(packetId, 'PACKET_IDENTIFIER_OUT_OF_RANGE')
export const requireReceiveMaximum = (maximum: number) => requireNumber(maximum, 'RECEIVE_MAXIMUM_OUT_OF_RANGE')
