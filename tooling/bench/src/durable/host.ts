import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { pbkdf2Sync } from 'node:crypto'
import type { HostState } from '../durable-host.ts'

/** Long enough that a hash on the event loop would be seen. */
const ITERATIONS = 100_000
const SALT = Buffer.alloc(12, 7)
const HASH = pbkdf2Sync('right', SALT, ITERATIONS, 64, 'sha512')
const PASSWORDS = `alice:$7$${ITERATIONS}$${SALT.toString('base64')}$${HASH.toString('base64')}`

/** A broker in a process of its own: on disk in a directory, or in memory. */
export class Host implements AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.pid = child.pid!
    this.port = port
  }

  static async start(file: string, directory?: string): Promise<Host> {
    const args = directory === undefined ? [PASSWORDS] : [PASSWORDS, directory]
    const child = fork(file, args, { execArgv: ['--expose-gc'] })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new Host(child, port)
  }

  /** How it is, and how it has been since it was asked last. */
  async state(): Promise<HostState> {
    this.#child.send('state')
    const [state] = (await once(this.#child, 'message')) as [HostState]
    return state
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}
