import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Version } from '../wire/packets.ts'
import type { BrokerSetup, Command, Measured } from './broker-setup.ts'

export class BrokerMissing extends Error {
  override readonly name = 'BrokerMissing'
  readonly code = 'BROKER_MISSING'
}

/** What a broker does not have, so that a case says nothing about it. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
  readonly code = 'NOT_APPLICABLE'
}

export interface Ports {
  readonly tcp: number
  readonly ws?: number
  readonly tls?: number
}

/** A broker that runs. */
export interface RunningBroker {
  readonly ports: Ports
  readonly processId: number
  /** Of the setup: what it was started without. */
  readonly lacks: readonly string[]
  /** Why the process has ended, as soon as it has. */
  readonly end: string | undefined
  /** What it wrote to standard error and output. */
  readonly log: string
  /** Without `collect` memory is what it is, and nothing is disturbed. */
  measure(collect?: boolean): Promise<Measured>
  command(command: Command): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** The same broker again, on what is on disk. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** One of the brokers that the suite knows. */
export interface Contestant {
  readonly name: string
  /** With its version. */
  title(): string
  readonly versions: readonly Version[]
  /** Whether it is ours: then every counter is looked at, and a case that fails is a bug. */
  readonly ours: boolean
  start(setup: BrokerSetup, directory: string): Promise<RunningBroker>
}

/** A child process whose end and last words are known. */
export class Child {
  readonly process: ChildProcess
  end: string | undefined
  log = ''
  readonly #gone: Promise<unknown>

  constructor(process: ChildProcess) {
    this.process = process
    this.#gone = once(process, 'close')
    for (const output of [process.stderr, process.stdout]) {
      output?.on('data', (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-200_000)))
    }
    process.once('exit', (code, signal) => {
      this.end = `the process ended: ${signal ?? `exit code ${code}`}; ${this.log.trim().slice(-600)}`
    })
  }

  get processId(): number {
    return this.process.pid ?? 0
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.end === undefined) this.process.kill(signal)
    await this.#gone
  }

  /** Resolves when something takes connections there. */
  async listensAt(port: number): Promise<void> {
    while (!(await answers(port))) {
      if (this.end !== undefined) throw new BrokerMissing(this.end)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

const PAGE_BYTES = 4096

/** What the kernel knows of a process (proc(5)). */
export const ofKernel = (processId: number): Pick<Measured, 'cpuMs' | 'residentBytes'> & { openFiles: number } => {
  const folder = `/proc/${processId}`
  return {
    cpuMs: cpuMsOf(processId),
    residentBytes: Number(readFileSync(`${folder}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES,
    openFiles: readdirSync(`${folder}/fd`).length,
  }
}

/** CPU time of all threads that a process has now, to the nanosecond. */
export const cpuMsOf = (processId: number): number =>
  readdirSync(`/proc/${processId}/task`).reduce((sum, thread) => {
    const [onCpu] = readFileSync(`/proc/${processId}/task/${thread}/schedstat`, 'utf8').split(' ')
    return sum + Number(onCpu) / 1e6
  }, 0)
