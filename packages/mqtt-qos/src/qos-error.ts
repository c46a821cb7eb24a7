/** What a caller of this package did wrong. Nothing that a peer sends leads here. */
export type QosErrorCode =
  'RECEIVE_MAXIMUM_OUT_OF_RANGE' | 'PACKET_IDENTIFIER_OUT_OF_RANGE' | 'PACKET_IDENTIFIER_IN_USE'

const brand = Symbol.for('@godwit/mqtt-qos/QosError')

/** Thrown for a caller's mistake, such as a Packet Identifier outside of 1 to 65,535. Recognise it by `code` or `QosError.isInstance`. */
export class QosError extends Error {
  readonly code: QosErrorCode

  constructor(code: QosErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QosError'
    this.code = code
    Object.defineProperty(this, brand, { value: true })
  }

  /** Also true for an error of another copy of this package (ESM beside CJS, two versions). */
  static isInstance(value: unknown): value is QosError {
    return typeof value === 'object' && value !== null && brand in value
  }
}

export const MAXIMUM_PACKET_ID = 65_535
const MAXIMUM_RECEIVE_MAXIMUM = 65_535

export function requirePacketId(packetId: number): void {
  if (Number.isInteger(packetId) && packetId >= 1 && packetId <= MAXIMUM_PACKET_ID) return
  throw new QosError('PACKET_IDENTIFIER_OUT_OF_RANGE', `A Packet Identifier is 1 to 65535, not ${packetId}`)
}

export function requireReceiveMaximum(receiveMaximum: number): number {
  if (Number.isInteger(receiveMaximum) && receiveMaximum >= 1 && receiveMaximum <= MAXIMUM_RECEIVE_MAXIMUM)
    return receiveMaximum
  throw new QosError('RECEIVE_MAXIMUM_OUT_OF_RANGE', `A Receive Maximum is 1 to 65535, not ${receiveMaximum}`)
}
