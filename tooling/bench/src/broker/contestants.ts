import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { freePort } from '@godwit/vitest-preset/loopback'
import type { Transport } from './scenarios.ts'

type Ports = Readonly<Record<Transport, number>>

/** A broker that takes part: how it is started so that it drops nothing and waits for nothing. */
export interface Contestant {
  readonly name: string
  readonly ports: Ports
  readonly command: readonly string[]
  /** Emptied before each start. */
  readonly dataFolder?: string
}

/** In memory, nothing dropped, no Nagle delay. */
const mosquittoSettings = (
  { tcp, tls, ws }: Ports,
  certificate: string,
  key: string,
): string => `listener ${tcp} 127.0.0.1
listener ${tls} 127.0.0.1
certfile ${certificate}
keyfile ${key}
listener ${ws} 127.0.0.1
protocol websockets
user ${userInfo().username}
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
export const contestants = async (godwit: string, aedes: string, dataFolder: string, options: readonly string[]) => {
  const [own, mosquitto, other] = [await freePorts(), await freePorts(), await freePorts()]
  const folder = mkdtempSync(join(tmpdir(), 'godwit-bench-'))
  const settings = join(folder, 'mosquitto.conf')
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  writeFileSync(certificate, testCertificates.server.cert)
  writeFileSync(key, testCertificates.server.key)
  writeFileSync(settings, mosquittoSettings(mosquitto, certificate, key))
  const limits = OUR_LIMITS.flatMap((limit) => ['--limit', limit])
  const data = ['--data-dir', dataFolder]
  const { tcp, tls, ws } = own
  const listeners = [
    '--port',
    `${tcp}`,
    '--ws-port',
    `${ws}`,
    '--tls-port',
    `${tls}`,
    '--cert',
    certificate,
    '--key',
    key,
  ]
  const ours = [...listeners, '--log-level', 'error', ...data, ...limits, ...options]
  const theirs = [other.tcp, other.tls, other.ws].map(String)
  const all: readonly Contestant[] = [
    { name: 'godwit', ports: own, command: [process.execPath, godwit, ...ours], dataFolder },
    { name: 'mosquitto', ports: mosquitto, command: ['mosquitto', '-c', settings] },
    { name: 'aedes', ports: other, command: [process.execPath, aedes, ...theirs, certificate, key] },
  ]
  return { all, folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

const freePorts = async (): Promise<Ports> => ({ tcp: await freePort(), tls: await freePort(), ws: await freePort() })

/** A running broker, on the first CPU alone where the system can do that. */
export class RunningBroker implements AsyncDisposable {
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid!
  }

  /** @throws {TypeError} where it does not listen within 30 s */
  static async start({ name, ports, command, dataFolder }: Contestant): Promise<RunningBroker> {
    if (dataFolder !== undefined) rmSync(dataFolder, { recursive: true, force: true })
    const [program, ...args] = onCpu(0, command)
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', (error) => (errors += error.message))
    for (let attempt = 0; attempt < 300; attempt++) {
      if (await listens(ports.tcp)) return new RunningBroker(child)
      if (child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    child.kill('SIGKILL')
    throw new TypeError(`${name} does not listen on port ${ports.tcp}: ${errors.trim()}`)
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
