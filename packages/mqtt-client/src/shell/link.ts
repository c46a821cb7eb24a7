import type { ByteStreamHandler, CloseInfo } from '@godwit/mqtt-transport'
import type { Connection } from '../core/connection.ts'
import type { ByteStream } from '../ports/transport.ts'

/** Who a link tells what its stream said. */
export interface LinkOwner {
  read(link: Link, chunk: Uint8Array): void
  drained(link: Link): void
  ended(link: Link, info: CloseInfo): void
}

/** An attempt, and the connection that came of it. What an older one than the current one says is stale. */
export class Link implements ByteStreamHandler {
  /** Where it leads, without a password. */
  url = ''
  /** Undefined once there is a stream: there is nothing to give up any more. */
  abort: AbortController | undefined = new AbortController()
  /** Until it closes. */
  stream: ByteStream | undefined
  connection: Connection | undefined
  /** Its stream is ending in order; the timer ends it where that takes too long. */
  lingering: unknown
  readonly #owner: LinkOwner

  constructor(owner: LinkOwner) {
    this.#owner = owner
  }

  onData(chunk: Uint8Array): void {
    this.#owner.read(this, chunk)
  }
  onDrain(): void {
    this.#owner.drained(this)
  }
  onClose(info: CloseInfo): void {
    this.#owner.ended(this, info)
  }
}
