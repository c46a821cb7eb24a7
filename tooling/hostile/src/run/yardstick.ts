import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that does nothing with what it gets: what it takes is what the machine takes. */
export class Yardstick {
  readonly #child: ChildProcess
  /** Sends everything back. */
  echoPort = 0
  /** Reads everything. */
  sinkPort = 0

  constructor() {
    this.#child = fork(fileURLToPath(new URL('yardstick.mjs', import.meta.url)), { execArgv: [] })
  }

  async start(): Promise<void> {
    const [ports] = (await once(this.#child, 'message')) as [{ echoPort: number; sinkPort: number }]
    this.echoPort = ports.echoPort
    this.sinkPort = ports.sinkPort
  }

  /** CPU time so far. */
  async cpuMs(): Promise<number> {
    const reply = once(this.#child, 'message')
    this.#child.send('cpu')
    const [used] = (await reply) as [number]
    return used
  }

  stop(): void {
    this.#child.kill()
  }
}
