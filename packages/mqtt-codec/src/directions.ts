import type { LimitJudge } from './decode-limits.ts'
import type { DecodeFailure } from './failures.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { Packet } from './packet.ts'
import type { TextCodec } from './text.ts'

/** Writes a packet at `offset` and returns where it ends, also where that is past the target: then it is only measured. */
export type WritePacket<Failure = never> = (
  packet: Packet,
  version: ProtocolVersion,
  target: Uint8Array,
  offset: number,
  text?: TextCodec,
) => number | Failure

/** Reads the packet at `start`..`end`, its body at `bodyStart`. */
export type ReadPacket<Failure = DecodeFailure> = (
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  end: number,
  version: ProtocolVersion | undefined,
  text?: TextCodec,
  limits?: LimitJudge,
) => Packet | Failure
