import { once } from 'node:events'
import type { BrokerSetup, Command, Measured } from './broker-setup.ts'
import type { FromHost, ToHost } from './godwit-host.ts'
import { BrokerProcess } from './broker-process.ts'

export interface HostOptions {
  readonly script: string
  readonly setup: BrokerSetup
  readonly directory: string
  /** For a host that cannot import them. */
  readonly certificates?: object
  /** What of the setup it does not have. */
  readonly lacks: readonly string[]
}

/** A broker that lives in a script of ours, which says over IPC what it counts. */
export class HostProcess extends BrokerProcess {
  readonly lacks: readonly string[]
  readonly #options: HostOptions

  constructor(options: HostOptions) {
    super()
    this.#options = options
    this.lacks = options.lacks
  }

  async start(): Promise<void> {
    const { script, setup, directory, certificates } = this.#options
    const { openFiles, heapMiB } = setup
    const node = ['--expose-gc', ...(heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`]), script]
    this.spawn([process.execPath, ...node], { openFiles, asksOverIpc: true })
    const reply = await this.#ask({ type: 'start', setup, directory, certificates })
    if (reply.type === 'started') this.ports = reply
  }

  async measure(collect = true): Promise<Measured> {
    const reply = await this.#ask({ type: 'measure', collect })
    if (reply.type !== 'measured') throw new HostConfused(`${reply.type} came instead of what was measured`)
    return reply.measured
  }

  async command(command: Command): Promise<void> {
    await this.#ask({ type: 'command', command })
  }

  async #ask(message: ToHost): Promise<FromHost> {
    const child = this.child
    const gone = new AbortController()
    const abort = (): void => gone.abort()
    child.process.once('exit', abort)
    const reply = once(child.process, 'message', { signal: gone.signal })
    child.process.send(message)
    try {
      const [answered] = (await reply) as [FromHost]
      return answered
    } catch {
      throw new HostConfused(child.end ?? 'the process ended')
    } finally {
      child.process.off('exit', abort)
    }
  }
}

class HostConfused extends Error {
  override readonly name = 'HostConfused'
  readonly code = 'HOST_CONFUSED'
}
