import type { Version } from './packets.ts'

/** One packet as it came. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
  /** All of it. */
  readonly bytes: Buffer
}

export class BadBytes extends Error {
  override readonly name = 'BadBytes'
  readonly code = 'BAD_BYTES'
}

/** Written again on purpose: the suite shares no code with the codec that it judges. */
export const TYPES = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const
export type TypeName = keyof typeof TYPES

export const nameOf = (type: number): string =>
  Object.entries(TYPES).find(([, value]) => value === type)?.[0] ?? `type ${type}`

/** Cuts what comes into packets. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0

  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const frames: Frame[] = []
    let all: Buffer | undefined
    let at = 0
    while (this.#length - at >= 2) {
      all ??= this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      const size = sizeAt(all, at)
      if (size === undefined || at + size.total > all.length) break
      const first = all[at]!
      frames.push({
        type: first >> 4,
        flags: first & 0x0f,
        body: all.subarray(at + size.head, at + size.total),
        bytes: all.subarray(at, at + size.total),
      })
      at += size.total
    }
    if (all !== undefined) {
      this.#chunks = at < all.length ? [all.subarray(at)] : []
      this.#length = all.length - at
    }
    return frames
  }
}

const sizeAt = (from: Buffer, at: number): { head: number; total: number } | undefined => {
  let value = 0
  for (let place = 0; place < 4; place++) {
    const byte = from[at + 1 + place]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 128 ** place
    if (byte < 0x80) return { head: place + 2, total: place + 2 + value }
  }
  throw new BadBytes('the broker sent a Remaining Length of more than four bytes')
}

/** Reads the fields of a body, in their order. */
class Fields {
  readonly #body: Buffer
  at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get left(): number {
    return this.#body.length - this.at
  }

  take(count: number): Buffer {
    if (this.left < count) throw new BadBytes(`the broker sent a packet that ends early: ${this.#body.toString('hex')}`)
    this.at += count
    return this.#body.subarray(this.at - count, this.at)
  }

  u8(): number {
    return this.take(1)[0]!
  }

  u16(): number {
    return this.take(2).readUInt16BE()
  }

  binary(): Buffer {
    return this.take(this.u16())
  }

  variable(): number {
    let value = 0
    for (let place = 0; place < 4; place++) {
      const byte = this.u8()
      value += (byte & 0x7f) * 128 ** place
      if (byte < 0x80) return value
    }
    throw new BadBytes('the broker sent an integer of more than four bytes')
  }

  properties(version: Version): Property[] {
    if (version !== 5 || this.left === 0) return []
    const end = this.variable() + this.at
    const found: Property[] = []
    while (this.at < end) found.push(this.#property())
    return found
  }

  #property(): Property {
    const id = this.variable()
    const shape = SHAPES[id]
    if (shape === undefined) throw new BadBytes(`the broker sent the property ${id}, which there is not`)
    const value =
      shape === 'pair'
        ? `${this.binary().toString()}=${this.binary().toString()}`
        : shape === 'text'
          ? this.binary().toString()
          : shape === 'variable'
            ? this.variable()
            : Number.parseInt(this.take(shape).toString('hex'), 16)
    return { id, value }
  }
}

export interface Property {
  readonly id: number
  readonly value: number | string
}

/** Bytes, or how they are written. */
const SHAPES: Readonly<Record<number, 1 | 2 | 4 | 'variable' | 'text' | 'pair'>> = {
  1: 1,
  2: 4,
  3: 'text',
  8: 'text',
  9: 'text',
  11: 'variable',
  17: 4,
  18: 'text',
  19: 2,
  21: 'text',
  22: 'text',
  23: 1,
  24: 4,
  25: 1,
  26: 'text',
  28: 'text',
  31: 'text',
  33: 2,
  34: 2,
  35: 2,
  36: 1,
  37: 1,
  38: 'pair',
  39: 4,
  40: 1,
  41: 1,
  42: 1,
}

export interface Connack {
  readonly sessionPresent: boolean
  readonly code: number
  readonly properties: readonly Property[]
}

export const readConnack = ({ body }: Frame, version: Version): Connack => {
  const fields = new Fields(body)
  return { sessionPresent: fields.u8() === 1, code: fields.u8(), properties: fields.properties(version) }
}

export interface Publish {
  readonly topicName: string
  readonly payload: Buffer
  readonly qos: number
  readonly dup: boolean
  readonly retain: boolean
  /** 0 with QoS 0. */
  readonly packetId: number
  readonly properties: readonly Property[]
}

export const readPublish = ({ flags, body }: Frame, version: Version): Publish => {
  const fields = new Fields(body)
  const qos = (flags >> 1) & 3
  const topicName = fields.binary().toString()
  const packetId = qos > 0 ? fields.u16() : 0
  const properties = fields.properties(version)
  return {
    topicName,
    payload: fields.take(fields.left),
    qos,
    dup: (flags & 8) !== 0,
    retain: (flags & 1) !== 0,
    packetId,
    properties,
  }
}

export interface Acknowledgement {
  readonly packetId: number
  /** 0 where there is none. */
  readonly code: number
  readonly properties: readonly Property[]
}

export const readAcknowledgement = ({ body }: Frame, version: Version): Acknowledgement => {
  const fields = new Fields(body)
  return {
    packetId: fields.u16(),
    code: fields.left > 0 ? fields.u8() : 0,
    properties: fields.properties(version),
  }
}

export interface Codes {
  readonly packetId: number
  readonly codes: readonly number[]
}

/** SUBACK, and UNSUBACK, which has codes in 5.0 only. */
export const readCodes = ({ body }: Frame, version: Version): Codes => {
  const fields = new Fields(body)
  const packetId = fields.u16()
  fields.properties(version)
  return { packetId, codes: [...fields.take(fields.left)] }
}

/** DISCONNECT and AUTH. */
export const readReason = ({ body }: Frame): { code: number; properties: readonly Property[] } => {
  const fields = new Fields(body)
  return { code: fields.left > 0 ? fields.u8() : 0, properties: fields.properties(5) }
}
