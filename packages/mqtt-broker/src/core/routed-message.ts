import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import { assert } from './assert.ts'
import { PublishRewriter } from './publish-rewriter.ts'

const NO_BYTES = new Uint8Array(0)
const rewriter = new PublishRewriter()

/**
 * An Application Message on its way: the publisher's own PUBLISH and what was learnt about it. The one in hand is a view
 * into the read buffer and is reused for the next message; `kept()` makes the copy that outlives the call, once.
 */
export class RoutedMessage {
  frame = new PublishFrame()
  topicName = ''
  /** The UTF-8 of the Topic Name: the frame has none where the publisher used a Topic Alias. */
  topicBytes: Uint8Array = NO_BYTES
  /** Milliseconds of the monotonic clock. */
  arrivedAt = 0
  /** Milliseconds of the monotonic clock at which it expires; Infinity: never. */
  expiresAt = Infinity
  /** Different for each message: what was encoded for one subscriber serves the next only while it is the same. */
  serial = 0
  /** Who sent it, for those who keep to one publisher; 0: the embedding program, or it is not known any more. */
  publisherHash = 0
  /** One Session gets it, so there is nobody to share a copy with. */
  forOne = false
  #kept: RoutedMessage | undefined

  get payload(): Uint8Array {
    return this.frame.bytes.subarray(this.frame.payloadStart, this.frame.end)
  }

  /** There is a copy of it already. */
  get isKept(): boolean {
    return this.#kept !== undefined
  }

  /** Bytes that its copy holds on to: a Topic Alias is no part of that, the Topic Name is. */
  get sizeBytes(): number {
    const { frame } = this.frame.topicAlias === 0 ? this : this.kept()
    return frame.end - frame.start
  }

  /** Starts a message in hand from a frame that has just been read. */
  begin(frame: PublishFrame, topicName: string, topicBytes: Uint8Array, now: number, serial: number): void {
    this.frame = frame
    this.topicName = topicName
    this.topicBytes = topicBytes
    this.arrivedAt = now
    const seconds = frame.messageExpiryIntervalSeconds
    this.expiresAt = seconds === -1 ? Infinity : now + seconds * 1000
    this.serial = serial
    this.forOne = false
    this.#kept = undefined
  }

  /** One exact copy, whatever the fan-out; small ones do not pin the buffer that they arrived in. */
  kept(): RoutedMessage {
    if (this.#kept !== undefined) return this.#kept
    const kept = new RoutedMessage()
    const { frame } = this
    const bytes = frame.topicAlias === 0 ? frame.bytes.slice(frame.start, frame.end) : this.#withoutAlias()
    const bodyStart = frame.topicAlias === 0 ? frame.topicStart - 2 - frame.start : bodyStartOf(bytes)
    const failure = readPublishFrame(kept.frame, bytes, 0, bodyStart, bytes.length, frame.version)
    assert(failure === undefined, 'a PUBLISH that was read once reads again')
    kept.topicName = this.topicName
    kept.topicBytes = this.topicBytes
    kept.arrivedAt = this.arrivedAt
    kept.expiresAt = this.expiresAt
    kept.serial = this.serial
    kept.publisherHash = this.publisherHash
    kept.#kept = kept
    this.#kept = kept
    return kept
  }

  #withoutAlias(): Uint8Array {
    const { frame } = this
    rewriter.begin(frame, this.topicBytes, frame.version, frame.firstByte, undefined, 0, -1)
    const bytes = new Uint8Array(rewriter.length)
    rewriter.write(bytes, 0, frame.packetId)
    return bytes
  }
}

/** A message of our own making (a Will, the embedding program's) from the bytes of its PUBLISH. */
export const messageFromPacket = (
  bytes: Uint8Array,
  topicName: string,
  topicBytes: Uint8Array,
  now: number,
  serial: number,
): RoutedMessage => {
  const frame = new PublishFrame()
  const failure = readPublishFrame(frame, bytes, 0, bodyStartOf(bytes), bytes.length, 5)
  assert(failure === undefined, 'a PUBLISH that we encoded can be read')
  const message = new RoutedMessage()
  message.begin(frame, topicName, topicBytes, now, serial)
  return message
}

/** Where the fixed header of a whole packet ends. */
export const bodyStartOf = (bytes: Uint8Array): number => {
  let at = 1
  while (bytes[at]! >= 0x80) at++
  return at + 1
}
