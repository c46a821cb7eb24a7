import { readdirSync, readFileSync } from 'node:fs'
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
