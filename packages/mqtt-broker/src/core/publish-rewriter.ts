import type { ProtocolVersion } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { variableByteIntegerLength, writeVariableByteInteger } from '@godwit/mqtt-codec/relay'
import { copyBytes } from './copy-bytes.ts'
import { writeFourBytes, writeTwoBytes } from './write-bytes.ts'

const TOPIC_ALIAS = 0x23
const SUBSCRIPTION_IDENTIFIER = 0x0b
const ALIAS_BYTES = 3
const NONE: readonly number[] = []

/**
 * Writes the PUBLISH of a frame in another form: another version, QoS or flags, with the Topic Name instead of the
 * publisher's alias, with an alias of ours, with Subscription Identifiers, with what is left of the Message Expiry
 * Interval. Properties that are forwarded are copied as bytes [MQTT-3.3.2-15] [MQTT-3.3.2-17] [MQTT-3.3.2-20], behind ours:
 * so they and the payload, which lie beside each other in the frame, are one copy.
 */
export class PublishRewriter {
  /** Bytes of the whole packet. */
  length = 0
  #frame!: PublishFrame
  #topic: Uint8Array = new Uint8Array(0)
  #version: ProtocolVersion = 4
  #firstByte = 0
  #identifiers: readonly number[] | undefined
  #alias = 0
  #expirySeconds = -1
  #remainingLength = 0
  #propertiesLength = 0

  /**
   * `topic` is empty where an alias stands for it. `expirySeconds` -1: as the publisher gave it. `alias` 0: none.
   * Sets `length`; `write` then writes as often as is wanted.
   */
  begin(
    frame: PublishFrame,
    topic: Uint8Array,
    version: ProtocolVersion,
    firstByte: number,
    identifiers: readonly number[] | undefined,
    alias: number,
    expirySeconds: number,
  ): void {
    this.#frame = frame
    this.#topic = topic
    this.#version = version
    this.#firstByte = firstByte
    this.#identifiers = identifiers
    this.#alias = alias
    this.#expirySeconds = expirySeconds
    let body = 2 + topic.length + (frame.end - frame.payloadStart)
    if ((firstByte & 0x06) !== 0) body += 2
    if (version === 5) {
      this.#propertiesLength = this.#measureProperties()
      body += variableByteIntegerLength(this.#propertiesLength) + this.#propertiesLength
    }
    this.#remainingLength = body
    this.length = 1 + variableByteIntegerLength(body) + body
  }

  /** Where the Packet Identifier lies after a write at `offset`; only for QoS 1 and 2. */
  packetIdAt(offset: number): number {
    return offset + 1 + variableByteIntegerLength(this.#remainingLength) + 2 + this.#topic.length
  }

  /** Writes the whole packet and returns where it ends. */
  write(target: Uint8Array, offset: number, packetId: number): number {
    return this.#writeUpTo(this.#frame.end, target, offset, packetId)
  }

  /** Writes everything but the payload and returns where that begins. */
  writeHeader(target: Uint8Array, offset: number, packetId: number): number {
    return this.#writeUpTo(this.#frame.payloadStart, target, offset, packetId)
  }

  #writeUpTo(end: number, target: Uint8Array, offset: number, packetId: number): number {
    target[offset] = this.#firstByte
    let at = writeVariableByteInteger(target, offset + 1, this.#remainingLength)
    const topic = this.#topic
    writeTwoBytes(target, at, topic.length)
    at += 2
    copyBytes(topic, 0, topic.length, target, at)
    at += topic.length
    if ((this.#firstByte & 0x06) !== 0) {
      writeTwoBytes(target, at, packetId)
      at += 2
    }
    if (this.#version === 5) {
      at = this.#writeOwnProperties(target, at)
      if (this.#frame.propertiesAt !== -1) return this.#forward(end, target, at)
    }
    const { bytes, payloadStart } = this.#frame
    copyBytes(bytes, payloadStart, end, target, at)
    return at + (end - payloadStart)
  }

  #measureProperties(): number {
    const frame = this.#frame
    let length = frame.propertiesAt === -1 ? 0 : frame.propertiesEnd - frame.propertiesStart
    if (frame.topicAliasAt !== -1) length -= ALIAS_BYTES
    if (this.#alias !== 0) length += ALIAS_BYTES
    for (const identifier of this.#identifiers ?? NONE) length += 1 + variableByteIntegerLength(identifier)
    return length
  }

  #writeOwnProperties(target: Uint8Array, offset: number): number {
    let at = writeVariableByteInteger(target, offset, this.#propertiesLength)
    if (this.#alias !== 0) {
      target[at] = TOPIC_ALIAS
      writeTwoBytes(target, at + 1, this.#alias)
      at += ALIAS_BYTES
    }
    for (const identifier of this.#identifiers ?? NONE) {
      target[at++] = SUBSCRIPTION_IDENTIFIER
      at = writeVariableByteInteger(target, at, identifier)
    }
    return at
  }

  /** The publisher's properties but for its alias, and what follows them up to `end`. */
  #forward(end: number, target: Uint8Array, offset: number): number {
    const { bytes, propertiesStart, messageExpiryAt, topicAliasAt } = this.#frame
    let at = offset
    let from = propertiesStart
    if (topicAliasAt !== -1) {
      // Its Property Identifier stands before it.
      const alias = topicAliasAt - 1
      copyBytes(bytes, from, alias, target, at)
      at += alias - from
      from = alias + ALIAS_BYTES
    }
    copyBytes(bytes, from, end, target, at)
    if (this.#expirySeconds !== -1 && messageExpiryAt !== -1) {
      const isBehind = messageExpiryAt >= from
      const expiryAt = isBehind ? at + (messageExpiryAt - from) : offset + (messageExpiryAt - propertiesStart)
      writeFourBytes(target, expiryAt, this.#expirySeconds)
    }
    return at + (end - from)
  }
}
