import type { ByteStream, ByteStreamHandler, CloseInfo } from '../byte-stream.ts'

/** A handler that writes down what it is told, and can be waited for. */
export class Recorder implements ByteStreamHandler {
  readonly stream: ByteStream
  /** Copies, one per call. */
  readonly chunks: Uint8Array[] = []
  readonly closes: CloseInfo[] = []
  /** Every call in order. */
  readonly calls: ('data' | 'drain' | 'close')[] = []
  /** What broke a rule of the interface. Empty is right. */
  readonly violations: string[] = []
  receivedBytes = 0
  /** Runs inside `onData`, with the stream's own memory. */
  onChunk: ((chunk: Uint8Array) => void) | undefined
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []
  #insideCall = false

  constructor(stream: ByteStream) {
    this.stream = stream
  }

  /** Opens the stream with this handler. */
  static open(stream: ByteStream): Recorder {
    const recorder = new Recorder(stream)
    recorder.call(() => stream.open(recorder))
    return recorder
  }

  onData(chunk: Uint8Array): void {
    this.#note('data')
    if (chunk.length === 0) this.violations.push('an empty chunk')
    this.chunks.push(chunk.slice())
    this.receivedBytes += chunk.length
    this.onChunk?.(chunk)
    this.#look()
  }

  onDrain(): void {
    this.#note('drain')
    if (this.stream.bufferedBytes !== 0)
      this.violations.push(`onDrain with ${this.stream.bufferedBytes} bytes buffered`)
    this.#look()
  }

  onClose(info: CloseInfo): void {
    this.#note('close')
    this.closes.push(info)
    this.#look()
  }

  /** Uses the stream, and notices a callback that comes before the call returns. */
  call<Result>(use: () => Result): Result {
    const outer = this.#insideCall
    this.#insideCall = true
    try {
      return use()
    } finally {
      this.#insideCall = outer
    }
  }

  /** Resolves when the condition holds. It is looked at after each call; a test that waits in vain times out. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ isDone, resolve }))
  }

  bytes(count: number): Promise<void> {
    return this.until(() => this.receivedBytes >= count)
  }

  closed(): Promise<void> {
    return this.until(() => this.closes.length > 0)
  }

  drained(): Promise<void> {
    const before = this.#count('drain')
    return this.until(() => this.#count('drain') > before)
  }

  received(): Uint8Array {
    const whole = new Uint8Array(this.receivedBytes)
    let at = 0
    for (const chunk of this.chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  #count(call: 'data' | 'drain' | 'close'): number {
    return this.calls.filter((each) => each === call).length
  }

  #note(call: 'data' | 'drain' | 'close'): void {
    if (this.#insideCall) this.violations.push(`${call} inside of a call of the stream`)
    if (this.closes.length > 0) this.violations.push(`${call} after close`)
    this.calls.push(call)
  }

  #look(): void {
    const done = this.#waiting.filter((each) => each.isDone())
    this.#waiting = this.#waiting.filter((each) => !done.includes(each))
    for (const each of done) each.resolve()
  }
}
