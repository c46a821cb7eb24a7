import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type Connack,
  type Frame,
  FrameReader,
  nameOf,
  type Publish,
  readConnack,
  readPublish,
  TYPES,
  type TypeName,
} from './frames.ts'
import { connect, type ConnectFields, DISCONNECT, PINGREQ, type Version } from './packets.ts'

/** What had to hold does not. */
export class Unmet extends Error {
  override readonly name = 'Unmet'
  readonly code = 'UNMET'
}

export interface OpenOptions {
  readonly version?: Version
  /** From another address of this machine, such as 127.0.0.2. */
  readonly localAddress?: string
}

/**
 * One connection of the suite's own: raw bytes out, packets in. It knows no state of MQTT and acknowledges nothing, so what a case
 * does not send is not sent.
 */
export class WireClient {
  /** How long an answer may take on a machine that has much to do. */
  static patienceMs = 3_000
  version: Version
  readonly stream: Duplex
  /** Packets that nobody has asked for yet. */
  readonly frames: Frame[] = []
  /** The last answer to a CONNECT. */
  connack: Connack | undefined
  hasEnded = false
  /** Packets that came in all. */
  receivedFrames = 0
  /** Whether packets are kept until somebody asks for them. */
  keeps = true
  /** Bytes that came in all. */
  receivedBytes = 0
  readonly #reader = new FrameReader()
  #waiting: (() => void)[] = []
  #broken: Error | undefined

  constructor(stream: Duplex, version: Version = 4) {
    this.stream = stream
    this.version = version
    stream.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length
      try {
        const frames = this.#reader.push(chunk)
        this.receivedFrames += frames.length
        if (this.keeps) for (const frame of frames) this.frames.push(frame)
      } catch (error) {
        this.#broken = error as Error
      }
      this.#wake()
    })
    stream.on('error', () => this.#over())
    stream.on('close', () => this.#over())
    stream.on('end', () => this.#over())
  }

  static open(port: number, { version = 4, localAddress }: OpenOptions = {}): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connectTcp({
        host: '127.0.0.1',
        port,
        noDelay: true,
        ...(localAddress !== undefined && { localAddress }),
      })
      const client = new WireClient(socket, version)
      socket.once('connect', () => resolve(client))
      socket.once('error', (error) => reject(new Unmet(`no connection: ${error.message}`)))
    })
  }

  send(...parts: readonly Uint8Array[]): void {
    if (!this.stream.destroyed && this.stream.writable) this.stream.write(Buffer.concat(parts))
  }

  /** Resolves when the machine has taken the bytes. */
  async sendAll(content: Uint8Array): Promise<void> {
    if (this.stream.destroyed || !this.stream.writable) return
    await new Promise<void>((resolve) => this.stream.write(content, () => resolve()))
  }

  /** CONNECT, and the answer. */
  async connect(fields: Omit<ConnectFields, 'version'>, timeoutMs?: number): Promise<Connack> {
    this.send(connect({ version: this.version, ...fields }))
    return (this.connack = readConnack(await this.expect('connack', timeoutMs), this.version))
  }

  /** The next packet. */
  async next(timeoutMs = WireClient.patienceMs): Promise<Frame> {
    for (;;) {
      await this.until(() => this.frames.length > 0, timeoutMs, 'a packet')
      // Somebody else may have waited for the same one.
      const frame = this.frames.shift()
      if (frame !== undefined) return frame
    }
  }

  async expect(type: TypeName, timeoutMs?: number): Promise<Frame> {
    let frame: Frame
    try {
      frame = await this.next(timeoutMs)
    } catch (error) {
      throw error instanceof Unmet ? new Unmet(`${error.message}, where ${type.toUpperCase()} was due`) : error
    }
    if (frame.type !== TYPES[type]) throw new Unmet(`${describeFrame(frame)} came where ${type.toUpperCase()} was due`)
    return frame
  }

  async expectPublish(timeoutMs?: number): Promise<Publish> {
    return readPublish(await this.expect('publish', timeoutMs), this.version)
  }

  /** PINGREQ, and everything that came before its answer. */
  async ping(timeoutMs?: number): Promise<Frame[]> {
    this.send(PINGREQ)
    const before: Frame[] = []
    for (;;) {
      const frame = await this.next(timeoutMs)
      if (frame.type === TYPES.pingresp) return before
      before.push(frame)
    }
  }

  /** Everything up to the end of the connection. */
  async ended(timeoutMs = WireClient.patienceMs): Promise<Frame[]> {
    await this.until(() => this.hasEnded, timeoutMs, 'the end of the connection')
    return this.frames.splice(0)
  }

  async until(so: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const by = performance.now() + timeoutMs
    while (!so()) {
      if (this.#broken !== undefined) throw this.#broken
      if (this.hasEnded) throw new Unmet(`the connection ended before ${what}`)
      const left = by - performance.now()
      if (left <= 0) throw new Unmet(`nothing came for ${Math.round(timeoutMs)} ms instead of ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** DISCONNECT in order, and its end. */
  async leave(): Promise<void> {
    this.send(DISCONNECT)
    this.stream.end()
    await new Promise<void>((resolve) => {
      if (this.stream.destroyed || this.hasEnded) resolve()
      else {
        this.#waiting.push(resolve)
        setTimeout(resolve, 500).unref()
      }
    })
    this.stream.destroy()
  }

  /** Ends it without a word: FIN, or RST. */
  drop(how: 'fin' | 'reset' = 'fin'): void {
    if (how === 'reset' && 'resetAndDestroy' in this.stream) (this.stream as Socket).resetAndDestroy()
    else {
      this.stream.end()
      this.stream.destroy()
    }
  }

  /** Stops reading, so that the broker's output backs up. */
  freeze(): void {
    this.stream.pause()
  }

  thaw(): void {
    this.stream.resume()
  }

  #over(): void {
    this.hasEnded = true
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

export const describeFrame = (frame: Frame): string => {
  const shown = frame.bytes.length > 24 ? `${frame.bytes.toString('hex', 0, 24)}...` : frame.bytes.toString('hex')
  return `${nameOf(frame.type).toUpperCase()} (${shown})`
}
