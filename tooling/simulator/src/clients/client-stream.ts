import type { ByteStream, ByteStreamHandler } from '@godwit/mqtt-transport'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import type { World } from '../world/world.ts'
import type { ClientProcess } from './client-process.ts'

/** The client's end of a connection as a byte stream. */
export class ClientStream implements ByteStream {
  readonly peer = { transport: 'memory' } as const
  readonly #world: World
  readonly #process: ClientProcess
  readonly #random: Random
  readonly #fullMs: number
  link: Link | undefined
  #handler: ByteStreamHandler | undefined
  #waiting: Uint8Array[] = []
  /** What the socket was given and has not looked at: whoever touches it meanwhile is found out. */
  #held: Uint8Array[] = []
  #paused = false
  #closed: { readonly clean: boolean } | undefined

  /** `fullMs`: so long the socket keeps what it is given, at the most; 0: it takes everything at once. */
  constructor(world: World, process: ClientProcess, random: Random, fullMs: number) {
    this.#world = world
    this.#process = process
    this.#random = random
    this.#fullMs = fullMs
  }

  get bufferedBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0)
  }

  onBytes(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#pass()
  }

  onClose(clean: boolean): void {
    this.#held = []
    this.#closed = { clean }
    this.#pass()
  }

  open(handler: ByteStreamHandler): void {
    this.#handler = handler
    this.#world.schedule.after(0, () => this.#pass())
  }

  write(bytes: Uint8Array): boolean {
    if (this.#process.ended || this.#closed !== undefined) return true
    if (this.#fullMs === 0) {
      this.link?.sendBytes(bytes)
      return true
    }
    this.#held.push(bytes)
    if (this.#held.length === 1) this.#drainLater()
    return false
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    let taken = true
    for (const part of parts) if (!this.write(part)) taken = false
    return taken
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#world.schedule.after(0, () => this.#pass())
  }

  /** Behind what was written. */
  end(): void {
    this.#sendHeld()
    this.destroy()
  }

  destroy(): void {
    this.#held = []
    this.#waiting = []
    this.link?.closeByClient()
    this.#closed ??= { clean: false }
    this.#world.schedule.after(0, () => this.#pass())
  }

  #drainLater(): void {
    this.#world.schedule.after(this.#fullMs * this.#random.fraction(), () => {
      if (this.#held.length === 0 || this.#process.ended) return
      this.#sendHeld()
      this.#world.promises = true
      this.#handler?.onDrain()
    })
  }

  #sendHeld(): void {
    const held = this.#held
    this.#held = []
    if (!this.#process.ended) for (const bytes of held) this.link?.sendBytes(bytes)
  }

  #pass(): void {
    const handler = this.#handler
    if (handler === undefined || this.#process.ended) return
    this.#world.promises = true
    while (this.#waiting.length > 0 && !this.#paused) handler.onData(this.#waiting.shift()!)
    if (this.#closed === undefined || this.#waiting.length > 0) return
    this.#handler = undefined
    handler.onClose(this.#closed)
  }
}
