import { spawn, type StdioOptions } from 'node:child_process'
import type { Command, Measured } from './broker-setup.ts'
import { Child } from './child.ts'
import type { Ports, RunningBroker } from './running-broker.ts'

/** What every broker has that is a process of its own. */
export abstract class BrokerProcess implements RunningBroker {
  abstract readonly lacks: readonly string[]
  ports: Ports = { tcp: 0 }
  #child: Child | undefined

  abstract start(): Promise<void>
  abstract measure(collect?: boolean): Promise<Measured>
  abstract command(command: Command): Promise<void>

  get processId(): number {
    return this.child.processId
  }

  get end(): string | undefined {
    return this.child.end
  }

  get log(): string {
    return this.child.log
  }

  signal(signal: NodeJS.Signals): void {
    this.child.process.kill(signal)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#child?.kill()
  }

  protected get child(): Child {
    return this.#child!
  }

  /** `openFiles`: how many descriptors it may have; without it as many as the suite. */
  protected spawn(
    [program = '', ...args]: readonly string[],
    { openFiles, asksOverIpc = false }: { readonly openFiles: number | undefined; readonly asksOverIpc?: boolean },
  ): Child {
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(asksOverIpc ? (['ipc'] as const) : [])]
    const limited = ['-c', 'ulimit -n "$0"; exec "$@"', String(openFiles), program, ...args]
    const options = { stdio, serialization: 'advanced' } as const
    this.#child = new Child(openFiles === undefined ? spawn(program, args, options) : spawn('bash', limited, options))
    return this.#child
  }
}
