import type { Logger } from '@godwit/mqtt-broker/ports'
import type { Ballast } from './ballast.ts'

export interface SpaceWatchOptions {
  readonly directory: string
  readonly minimumFreeBytes: number
  readonly ballast: Ballast
  readonly logger: Logger
  /** What an ordinary user may still write to the disk. */
  freeBytes(): Promise<number>
}

/**
 * Knows whether there is room, before a write finds out. Between two looks at the disk it counts what was written, twice: once for
 * the log, once for the table that the log becomes.
 */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions
  #freeBytes = Infinity
  #low = false
  /** A write did find out. */
  #exhausted = false
  #checking: Promise<void> | undefined

  constructor(options: SpaceWatchOptions) {
    this.#options = options
  }

  get low(): boolean {
    return this.#low || this.#exhausted
  }

  /** What to tell somebody who has to free space. */
  get reason(): string {
    const { directory, minimumFreeBytes } = this.#options
    return `the disk of ${directory} has ${inMebibytes(Math.max(0, this.#freeBytes))} left of the ${inMebibytes(minimumFreeBytes)} that must stay free; free some space and it goes on by itself`
  }

  /** So many bytes went to the log. */
  wrote(bytes: number): void {
    this.#freeBytes -= 2 * bytes
    if (!this.low && this.#freeBytes < this.#options.minimumFreeBytes) void this.check().catch(() => {})
  }

  /** A write failed for want of space: the ballast makes room for what was begun. */
  async exhausted(): Promise<void> {
    this.#exhausted = true
    await this.#options.ballast.release()
  }

  /** Whether so much can be written now. */
  async hasRoom(bytes: number): Promise<boolean> {
    return (await this.#options.freeBytes()) >= bytes
  }

  /** The write that had failed is through. */
  relieved(): void {
    this.#exhausted = false
    this.#low = true
  }

  /** Looks at the disk. */
  check(): Promise<void> {
    return (this.#checking ??= this.#look().finally(() => (this.#checking = undefined)))
  }

  /** Resolves when nobody is looking. */
  async idle(): Promise<void> {
    await this.#checking?.catch(() => {})
  }

  async #look(): Promise<void> {
    const { freeBytes, minimumFreeBytes, ballast, logger, directory } = this.#options
    // The room of a ballast that is not there is not for messages.
    this.#freeBytes = (await freeBytes()) - ballast.missingBytes
    if (this.#exhausted) return
    // A tenth more than the least, or a disk at the edge would flicker.
    const roomy = this.#freeBytes >= minimumFreeBytes * 1.1
    if (roomy && !ballast.present) await ballast.fill()
    if (!this.#low && this.#freeBytes < minimumFreeBytes) {
      this.#low = true
      const fields = { directory, freeBytes: this.#freeBytes, minimumFreeBytes }
      logger.warn(fields, 'the disk is nearly full: no new messages are stored')
    } else if (this.#low && roomy && ballast.present) {
      this.#low = false
      logger.info({ directory, freeBytes: this.#freeBytes }, 'the disk has room again')
    }
  }
}

const inMebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
