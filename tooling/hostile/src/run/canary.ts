import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long others waited while a case ran. */
export interface Served {
  /** The slowest answer of the broker, without the time for which the kernel let others run instead of it. */
  readonly brokerMs: number
  /** The slowest answer of a process that does nothing but echo, at the same time: how busy the machine was. */
  readonly echoMs: number
  readonly lost: boolean
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Somebody else: a publisher and a subscriber who have nothing to do with the case. */
export class Canary {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(script('canary.mjs'), { execArgv: [] })
  }

  async watch(where: {
    readonly port: number
    readonly processId: number
    readonly echoPort: number
    readonly username?: string
    readonly password?: string
  }): Promise<void> {
    await this.#ask({ type: 'watch', ...where })
  }

  async mark(): Promise<void> {
    await this.#ask({ type: 'mark' })
  }

  async report(): Promise<Served> {
    return (await this.#ask({ type: 'report' })) as Served
  }

  stop(): void {
    this.#child.kill()
  }

  async #ask(message: object): Promise<unknown> {
    const gone = new AbortController()
    const abort = (): void => gone.abort()
    this.#child.once('exit', abort)
    try {
      const reply = once(this.#child, 'message', { signal: gone.signal })
      this.#child.send(message)
      const [answered] = (await reply) as [unknown]
      return answered
    } catch (error) {
      throw new CanaryLost('the two quiet Clients could not be kept connected', { cause: error })
    } finally {
      this.#child.off('exit', abort)
    }
  }
}

class CanaryLost extends Error {
  override readonly name = 'CanaryLost'
  readonly code = 'CANARY_LOST'
}
