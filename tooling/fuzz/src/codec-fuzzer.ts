import * as realCodec from '@godwit/mqtt-codec'
import { type DecodeFailure, decodeLimits, type Packet, type ProtocolVersion } from '@godwit/mqtt-codec'
import { explain } from '@godwit/mqtt-codec/explain'
import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import { bytesOfHex, demand, Finding, hexOf } from './finding.ts'
import { corpus, type Seed } from './corpus.ts'
import { MOST_BYTES, Mutator } from './mutate.ts'
import type { Random } from './random.ts'

/** What is under test; a test of the fuzzer puts something wrong in. */
export interface FuzzedCodec {
  readonly decodeFrame: typeof realCodec.decodeFrame
  readonly encode: typeof realCodec.encode
  readonly readPublishFrame: typeof readPublishFrame
}

const REAL: FuzzedCodec = { decodeFrame: realCodec.decodeFrame, encode: realCodec.encode, readPublishFrame }

/** In the way of what is real now and then: a packet of three User Properties is common in the corpus. */
const LIMITS = { maximumUserProperties: 3, maximumUserPropertyBytes: 40, allowControlCharacters: false }
const judge = decodeLimits(LIMITS)
const NO_LIMITS = decodeLimits({})
/** As many as a broker would take of a stranger; few inputs are longer. */
const MAXIMUM_PACKET_SIZES = [Infinity, 64 * 1024, 200, 40] as const
/** Every so many inputs `explain` is tried too: it costs as much as forty of the others. */
const EXPLAIN_EVERY = 256

const { FrameScanner, isDecodeFailure, StreamDecoder } = realCodec

/**
 * Feeds streams of changed packets to every decode path of the codec, and judges what they say: nothing throws, each path says
 * the same whatever lies around the bytes and wherever the stream is cut, what was decoded can be encoded and comes back
 * the same, and no limit is passed.
 */
export class CodecFuzzer {
  readonly #random: Random
  readonly #codec: FuzzedCodec
  readonly #seeds: readonly Seed[]
  readonly #mutator: Mutator
  /** The input lies in the middle; what is around it is no part of it, and is different each time it is read. */
  readonly #room = new Uint8Array(MOST_BYTES * 4)
  readonly #chunk = new Uint8Array(MOST_BYTES * 4)
  readonly #frame = new PublishFrame()
  readonly #whole = new Digest()
  readonly #cut = new Digest()

  constructor(random: Random, codec: FuzzedCodec = REAL, seeds: readonly Seed[] = corpus()) {
    this.#random = random
    this.#codec = codec
    this.#seeds = seeds
    this.#mutator = new Mutator(
      random,
      seeds.map(({ bytes }) => bytes),
    )
  }

  /** One input. */
  run(): void {
    const random = this.#random
    const seed = random.pick(this.#seeds)
    const version = random.oneIn(16) ? random.pick([3, 4, 5] as const) : seed.version
    const size = this.#fill(seed, version)
    this.judge(this.#room.subarray(MARGIN, MARGIN + size), random.oneIn(8) ? undefined : version)
  }

  /** Judges one input, for a regression case as well. */
  judge(input: Uint8Array, version: ProtocolVersion | undefined): void {
    const named = (): string => `${version ?? 'unknown'} ${hexOf(input)}`
    const random = this.#random
    const limits = random.oneIn(4) ? judge : NO_LIMITS
    const maximumPacketSizeBytes = random.oneIn(4) ? random.pick(MAXIMUM_PACKET_SIZES) : Infinity
    try {
      this.#readWhole(input, version, limits, maximumPacketSizeBytes, named)
      this.#readInPieces(input, version, limits, maximumPacketSizeBytes, named)
      const whole = this.#whole.text()
      const cut = this.#cut.text()
      demand(whole === cut, () => `whole: ${whole}; in pieces: ${cut}`, named)
      if (random.oneIn(EXPLAIN_EVERY)) explain(input, version)
    } catch (error) {
      if (error instanceof Finding) throw error
      throw new Finding(error instanceof Error ? (error.stack ?? error.message) : String(error), named())
    }
  }

  /** A stream of one to three packets; gives its length. */
  #fill(seed: Seed, version: ProtocolVersion): number {
    const random = this.#random
    const mutator = this.#mutator
    let size = 0
    for (let packets = random.oneIn(4) ? 1 + random.below(3) : 1; packets > 0; packets--) {
      const next = size === 0 ? seed : random.pick(this.#seeds)
      if (next.version === version && size > 0 && random.oneIn(2)) {
        // As it is: whatever comes before must not harm it, nor it what comes behind.
        this.#room.set(next.bytes, MARGIN + size)
        size += next.bytes.length
        continue
      }
      mutator.mutate(next.bytes)
      this.#room.set(mutator.bytes.subarray(0, mutator.length), MARGIN + size)
      size += mutator.length
    }
    // What lies around: never the same, so that whoever reads it says something else.
    this.#room.fill(random.next(), 0, MARGIN)
    this.#room.fill(random.next(), MARGIN + size, MARGIN + size + MARGIN)
    return size
  }

  /** The StreamDecoder, given all at once, in the middle of other bytes. */
  #readWhole(
    input: Uint8Array,
    version: ProtocolVersion | undefined,
    limits: realCodec.LimitJudge,
    maximumPacketSizeBytes: number,
    named: () => string,
  ): void {
    const digest = this.#whole
    digest.begin()
    const decoder = new StreamDecoder({ version, limits, maximumPacketSizeBytes })
    const failure = decoder.push(input, (packet) => this.#packet(packet, decoder.version ?? 5, digest, limits, named))
    this.#failure(failure, digest, input.length, named)
    if (failure === undefined) return
    // It stays failed, and looks at nothing more.
    const again = decoder.push(input, () => demand(false, () => 'a packet came after a failure', named))
    demand(again === failure, () => 'a failure did not stay', named)
  }

  /** Scanner and decoder apart, piece by piece, out of memory that is overwritten as soon as it was read. */
  #readInPieces(
    input: Uint8Array,
    version: ProtocolVersion | undefined,
    limits: realCodec.LimitJudge,
    maximumPacketSizeBytes: number,
    named: () => string,
  ): void {
    const random = this.#random
    const digest = this.#cut
    digest.begin()
    const scanner = new FrameScanner({ version, maximumPacketSizeBytes })
    const longest = random.oneIn(8) ? 1 : random.oneIn(2) ? 7 : input.length
    for (let at = 0; at < input.length && scanner.failure === undefined;) {
      const size = Math.min(input.length - at, 1 + random.below(longest))
      this.#chunk.set(input.subarray(at, at + size))
      this.#chunk.fill(random.next(), size, size + 16)
      scanner.push(this.#chunk.subarray(0, size))
      at += size
      while (scanner.failure === undefined && scanner.next()) {
        demand(scanner.end - scanner.start <= maximumPacketSizeBytes, () => 'a packet above the maximum', named)
        this.#oneFrame(scanner, digest, limits, named)
      }
      demand(scanner.heldBytes <= at, () => `holds ${scanner.heldBytes} of ${at} bytes`, named)
      this.#chunk.fill(0xdb, 0, size + 16)
    }
    this.#failure(scanner.failure, digest, input.length, named)
  }

  #oneFrame(scanner: realCodec.FrameScanner, digest: Digest, limits: realCodec.LimitJudge, named: () => string): void {
    const { bytes, start, bodyStart, end, version } = scanner
    const packet = this.#codec.decodeFrame(bytes, start, bodyStart, end, version, undefined, limits)
    if (scanner.firstByte >> 4 === 3 && version !== undefined) this.#relay(scanner, version, packet, limits, named)
    if (isDecodeFailure(packet)) {
      scanner.failure = packet
      return
    }
    if (packet.type === 'connect') scanner.version = packet.protocolVersion
    this.#packet(packet, scanner.version ?? 5, digest, limits, named)
  }

  /** The reader of offsets says of a PUBLISH what the decoder says, but for the text of its Topic Name. */
  #relay(
    scanner: realCodec.FrameScanner,
    version: ProtocolVersion,
    packet: Packet | DecodeFailure,
    limits: realCodec.LimitJudge,
    named: () => string,
  ): void {
    const { bytes, start, bodyStart, end } = scanner
    const frame = this.#frame
    const failure = this.#codec.readPublishFrame(frame, bytes, start, bodyStart, end, version, limits)
    if (failure !== undefined) {
      demand(isDecodeFailure(packet), () => `the relay reader refuses what is decoded: ${failure.message}`, named)
      return
    }
    const inside = bodyStart <= frame.topicStart && frame.topicEnd <= frame.payloadStart && frame.payloadStart <= end
    demand(inside, () => 'offsets outside of the packet', named)
    if (isDecodeFailure(packet) || packet.type !== 'publish') return
    const { properties } = packet
    const same =
      frame.qos === packet.qos &&
      frame.retain === packet.retain &&
      frame.dup === packet.dup &&
      (frame.qos === 0 || frame.packetId === packet.packetId) &&
      end - frame.payloadStart === packet.payload.length &&
      frame.topicAlias === (properties?.topicAlias ?? 0) &&
      frame.messageExpiryIntervalSeconds === (properties?.messageExpiryIntervalSeconds ?? -1) &&
      frame.userPropertyCount === (properties?.userProperties?.length ?? 0) &&
      (frame.topicEnd === frame.topicStart) === (packet.topicName === '')
    demand(same, () => 'the relay reader and the decoder read different things', named)
  }

  /** What was decoded: within limits, and encoding and decoding it once more changes nothing. */
  #packet(
    packet: Packet,
    version: ProtocolVersion,
    digest: Digest,
    limits: realCodec.LimitJudge,
    named: () => string,
  ): void {
    if (limits === judge)
      demand(userProperties(packet) <= LIMITS.maximumUserProperties, () => 'User Properties above the limit', named)
    const again = this.#codec.encode(packet, version)
    digest.packet(again)
    if (!this.#random.oneIn(4)) return
    const kept = again.slice()
    let bodyStart = 1
    while (kept[bodyStart++]! >= 0x80);
    const back = this.#codec.decodeFrame(
      kept,
      0,
      bodyStart,
      kept.length,
      packet.type === 'connect' ? undefined : version,
    )
    demand(!isDecodeFailure(back), () => `what was encoded is refused: ${hexOf(kept)}`, named)
    const third = this.#codec.encode(back, version)
    demand(same(kept, third), () => `encoded as ${hexOf(kept)}, then as ${hexOf(third)}`, named)
  }

  #failure(failure: DecodeFailure | undefined, digest: Digest, length: number, named: () => string): void {
    if (failure === undefined) return
    const { reasonCode, offset, message, kind } = failure
    const wellFormed = reasonCode >= 0x80 && offset >= 0 && offset <= length && message !== '' && kind !== undefined
    demand(wellFormed, () => `a failure that says nothing: ${JSON.stringify(failure)}`, named)
    digest.failure(`${reasonCode} at ${offset}: ${message}`)
  }
}

/** Other bytes before and behind the input. */
const MARGIN = 32

/** What one way of reading has found, short enough to be compared for every input. */
class Digest {
  #packets = 0
  #hash = 0
  #failure = ''

  begin(): void {
    this.#packets = 0
    this.#hash = 0
    this.#failure = ''
  }

  packet(bytes: Uint8Array): void {
    this.#packets++
    let hash = this.#hash
    for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193) + 1
    this.#hash = hash | 0
  }

  failure(text: string): void {
    this.#failure = text
  }

  text(): string {
    return `${this.#packets} packets (${this.#hash}) ${this.#failure}`
  }
}

const same = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

const userProperties = (packet: Packet): number => {
  const own = 'properties' in packet ? (packet.properties as { userProperties?: readonly unknown[] }) : undefined
  const will = packet.type === 'connect' ? (packet.will?.properties?.userProperties?.length ?? 0) : 0
  return (own?.userProperties?.length ?? 0) + will
}

/** A finding's input again. */
export const judgeInput = (fuzzer: CodecFuzzer, input: string): void => {
  const [version, hex = ''] = input.split(' ')
  fuzzer.judge(bytesOfHex(hex), version === 'unknown' ? undefined : (Number(version) as ProtocolVersion))
}
