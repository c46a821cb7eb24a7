import type { Packet, ProtocolVersion } from '@godwit/mqtt-codec'
import type { RoutedMessage } from './routed-message.ts'

/** The number of a commit that bytes wait for; 0: nothing to wait for. */
export type CommitNumber = number

/** Bytes out of one connection, as the core sees them: it says what, the engine knows how. */
export interface Output {
  /** Decides the form of what is written. */
  version: ProtocolVersion
  /** The largest packet that the Client takes, in bytes [MQTT-3.1.2-24]. */
  maximumPacketSizeBytes: number
  /** How many Topic Aliases may be set; 0: none. */
  topicAliasMaximum: number
  /**
   * Copies a message out. `expirySeconds` -1: as it came. False: it is larger than the Client's Maximum Packet Size and
   * counts as sent [MQTT-3.1.2-25].
   */
  publish(
    message: RoutedMessage,
    firstByte: number,
    packetId: number,
    identifiers: readonly number[] | undefined,
    expirySeconds: number,
    commit: CommitNumber,
  ): boolean
  /** PUBACK, PUBREC, PUBREL or PUBCOMP, by its first byte. In 3.1.1 the Reason Code is left out. */
  acknowledge(firstByte: number, packetId: number, reasonCode: number, commit: CommitNumber): void
  /** Everything rare. False: it does not fit the Client's Maximum Packet Size even without its Reason String. */
  packet(packet: Packet, commit: CommitNumber): boolean
  /** Goes at once. */
  pingresp(): void
  /** What is free goes out, what is gated is dropped, then the Network Connection closes. */
  end(): void
  /** The commit that the next bytes in order leave after; 0: they leave at once. */
  readonly waitsFor: CommitNumber
  /** After `end`: the commit that still lets bytes go, those of a CONNACK and what waits with it; 0: none. */
  readonly leavesUpTo: CommitNumber
  /** Bytes that have not reached the operating system, those at the gate among them. */
  readonly pendingBytes: number
}

/** The commit gate and the batch that is open, as the core sees them. Keys and values are copied during the call. */
export interface Staging {
  /** Everything up to this commit is durable. */
  readonly committed: CommitNumber
  /** Whether anything is written down at all. */
  readonly durable: boolean
  /** False: nothing new may be promised, because the disk is full or the store has failed. */
  readonly writable: boolean
  /** A commit failed: what waits never leaves, and nothing is promised until the store has been opened anew. */
  readonly failed: boolean
  /** Each returns the number of the commit that makes it durable. */
  put(key: Uint8Array, value: Uint8Array): CommitNumber
  delete(key: Uint8Array): CommitNumber
}
