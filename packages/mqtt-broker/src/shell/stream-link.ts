import type { ByteStream, ByteStreamHandler, CloseInfo } from '@godwit/mqtt-transport'
import { Deadline, type Deadlines } from '../core/deadlines.ts'
import { ConnectionDriver, type DriverEnvironment, type StreamControl } from '../engine/connection-driver.ts'
import { ConnectionOutput, type OutputEnvironment, type Sink } from '../engine/connection-output.ts'

/** Ties a byte stream to its driver and its Output. Nothing is decided here. */
export class StreamLink implements ByteStreamHandler, StreamControl, Sink {
  readonly #stream: ByteStream
  readonly #driver: ConnectionDriver
  readonly #output: ConnectionOutput
  readonly #deadlines: Deadlines
  readonly #environment: DriverEnvironment
  readonly #gone: (link: StreamLink) => void
  #linger: Deadline | undefined
  #closed = false

  constructor(
    stream: ByteStream,
    driver: DriverEnvironment,
    output: OutputEnvironment,
    gone: (link: StreamLink) => void,
  ) {
    this.#stream = stream
    this.#environment = driver
    this.#deadlines = driver.core.deadlines
    this.#gone = gone
    this.#output = new ConnectionOutput(output)
    this.#output.sink = this
    this.#driver = new ConnectionDriver(driver, this.#output, this, stream.peer)
  }

  /** Begins to read. A stream that is closed already may say so meanwhile, so whoever counts links counts this one before. */
  open(): void {
    this.#stream.open(this)
  }

  onData(chunk: Uint8Array): void {
    const { turn } = this.#environment
    turn.beginChunk(chunk.length)
    try {
      this.#driver.receive(chunk)
    } finally {
      // Else a program that survives a fault of ours has a turn that never ends.
      turn.endChunk()
    }
  }

  onDrain(): void {
    this.#account()
    this.#driver.outputChanged()
  }

  onClose(info: CloseInfo): void {
    this.#closed = true
    if (this.#linger !== undefined) this.#deadlines.cancel(this.#linger)
    this.#driver.lost(info.error?.message ?? (info.clean ? 'the Client closed the connection' : 'the connection broke'))
    this.#gone(this)
  }

  pause(): void {
    if (!this.#closed) this.#stream.pause()
  }

  resume(): void {
    if (!this.#closed) this.#stream.resume()
  }

  destroy(): void {
    if (!this.#closed) this.#stream.destroy()
  }

  flush(): void {
    const { free } = this.#output
    if (this.#closed) return free.clear()
    const only = free.takeOnly()
    if (only !== undefined) {
      this.#output.drainedBytes += only.length
      if (this.#stream.write(only)) free.recycle(only)
    } else {
      const parts = free.takeAll()
      if (parts.length > 0) {
        for (const part of parts) this.#output.drainedBytes += part.length
        if (this.#stream.writeAll(parts)) for (const part of parts) free.recycle(part)
      }
    }
    this.#account()
    if (this.#output.ending) this.#end()
    else this.#driver.outputChanged()
  }

  /** What the stream still holds has not been drained, whatever it has accepted. */
  #account(): void {
    const before = this.#output.streamBytes
    this.#output.streamBytes = this.#stream.bufferedBytes
    this.#output.drainedBytes += before - this.#output.streamBytes
  }

  #end(): void {
    if (this.#linger !== undefined || this.#closed) return
    this.#linger = new Deadline(() => {
      this.#environment.core.counters.limitsMet.closeTimeoutMs++
      this.destroy()
    })
    this.#deadlines.arm(this.#linger, this.#environment.now() + this.#environment.limits.closeTimeoutMs)
    this.#stream.end()
  }
}
