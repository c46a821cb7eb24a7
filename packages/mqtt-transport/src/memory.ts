import type { ByteStream, ByteStreamHandler, PeerInfo } from './byte-stream.ts'

export type Schedule = (task: () => void) => void

const laterInThisTurn: Schedule = (task) => (globalThis as unknown as { queueMicrotask: Schedule }).queueMicrotask(task)

/** Two ends of a stream in one process. `schedule` decides when bytes arrive. Default: as a microtask. */
export const memoryPair = (schedule: Schedule = laterInThisTurn): [ByteStream, ByteStream] => {
  const one = new MemoryStream(schedule)
  const other = new MemoryStream(schedule)
  one.other = other
  other.other = one
  return [one, other]
}

type Arrival = Uint8Array | 'end'

class MemoryStream implements ByteStream {
  readonly peer: PeerInfo = { transport: 'memory' }
  other!: MemoryStream
  bufferedBytes = 0
  readonly #schedule: Schedule
  #handler: ByteStreamHandler | undefined
  #arrived: Arrival[] = []
  #paused = false
  #scheduled = false
  #ending = false
  #closed = false

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  open(handler: ByteStreamHandler): void {
    this.#handler = handler
    this.#wake()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#ending || bytes.length === 0) return true
    this.bufferedBytes += bytes.length
    this.other.#arrive(bytes.slice())
    return true
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    for (const part of parts) this.write(part)
    return true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake()
  }

  end(): void {
    if (this.#closed || this.#ending) return
    this.#ending = true
    this.other.#arrive('end')
  }

  destroy(): void {
    if (this.#closed) return
    this.#close(true)
    this.other.#arrive('end')
  }

  #arrive(arrival: Arrival): void {
    if (this.#closed) return
    this.#arrived.push(arrival)
    this.#wake()
  }

  #wake(): void {
    if (this.#scheduled || this.#handler === undefined || this.#arrived.length === 0) return
    this.#scheduled = true
    this.#schedule(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const arrival = this.#arrived.shift()
      if (arrival === undefined) return
      if (arrival === 'end') {
        this.#close(true)
        this.other.#close(true)
        return
      }
      this.other.#delivered(arrival.length)
      this.#handler!.onData(arrival)
      // Whoever keeps the view is wrong, and is to notice it.
      arrival.fill(0xdb)
    }
  }

  #delivered(length: number): void {
    this.bufferedBytes -= length
    if (this.bufferedBytes > 0) return
    this.#schedule(() => {
      if (!this.#closed) this.#handler?.onDrain()
    })
  }

  #close(clean: boolean): void {
    if (this.#closed) return
    this.#closed = true
    this.#arrived = []
    this.bufferedBytes = 0
    this.#schedule(() => this.#handler?.onClose({ clean }))
  }
}
