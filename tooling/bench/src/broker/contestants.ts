import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A broker that takes part: how it is started so that it drops nothing and waits for nothing. */
export interface Contestant {
  readonly name: string
  readonly port: number
  readonly command: readonly string[]
  /** Emptied before each start. */
  readonly dataFolder?: string
}

const PORTS = { godwit: 22_021, mosquitto: 22_020, aedes: 22_023 }

/** In memory, nothing dropped, no Nagle delay. */
const MOSQUITTO_SETTINGS = `listener ${PORTS.mosquitto} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 1000
set_tcp_nodelay true
log_type error
`

/** What Mosquitto's settings above have no limit for must not be a limit here. */
const OUR_LIMITS = [
  'maximumQueuedMessages=1000000',
  'maximumQueuedBytes=1000000000',
  'maximumInflightMessages=1000',
  'maximumSubscriptionsPerSession=10000',
]

/** Writes what the contestants need into a folder of its own; `[Symbol.dispose]` takes it away. */
export const contestants = (godwit: string, aedes: string, dataFolder: string, options: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-bench-'))
  const settings = join(folder, 'mosquitto.conf')
  writeFileSync(settings, MOSQUITTO_SETTINGS)
  const limits = OUR_LIMITS.flatMap((limit) => ['--limit', limit])
  const data = ['--data-dir', dataFolder]
  const ours = ['--port', `${PORTS.godwit}`, '--ws-port', 'off', '--log-level', 'error', ...data, ...limits, ...options]
  const all: readonly Contestant[] = [
    { name: 'godwit', port: PORTS.godwit, command: [process.execPath, godwit, ...ours], dataFolder },
    { name: 'mosquitto', port: PORTS.mosquitto, command: ['mosquitto', '-c', settings] },
    { name: 'aedes', port: PORTS.aedes, command: [process.execPath, aedes, `${PORTS.aedes}`] },
  ]
  return { all, folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A running broker, on the first CPU alone where the system can do that. */
export class RunningBroker implements AsyncDisposable {
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid!
  }

  /** @throws {TypeError} where it does not listen within 30 s */
  static async start({ name, port, command, dataFolder }: Contestant): Promise<RunningBroker> {
    if (dataFolder !== undefined) rmSync(dataFolder, { recursive: true, force: true })
    const [program, ...args] = onCpu(0, command)
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', (error) => (errors += error.message))
    for (let attempt = 0; attempt < 300; attempt++) {
      if (await listens(port)) return new RunningBroker(child)
      if (child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    child.kill('SIGKILL')
    throw new TypeError(`${name} does not listen on port ${port}: ${errors.trim()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 8000)
    await closed
    clearTimeout(timer)
  }
}

/** The same command, held to one CPU. */
export const onCpu = (cpu: number, command: readonly string[]): readonly string[] => [
  'taskset',
  '-c',
  `${cpu}`,
  ...command,
]

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
