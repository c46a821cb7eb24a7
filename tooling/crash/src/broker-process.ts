import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommand } from '@godwit/vitest-preset/bundled-command'
import { answers } from '@godwit/vitest-preset/loopback'
import { findPeer } from '@godwit/vitest-preset/peers'

export const BROKERS = ['godwit', 'godwit-memory', 'mosquitto', 'mosquitto-autosave', 'aedes'] as const
export type BrokerName = (typeof BROKERS)[number]

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const GODWIT = here('../../../apps/broker/node_modules/.cache/crash-suite/main.js')

/** Where a broker dies: at a moment of ours, or at the n-th batch that it writes after it was armed. */
export type KillPoint = 'any moment' | `before:${number}` | `after:${number}`

export class BrokerMissing extends Error {
  override readonly name = 'BrokerMissing'
  readonly code = 'BROKER_MISSING'
}

/** A broker in a process of its own, on a directory that outlives it. */
export class BrokerProcess {
  readonly port: number
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  #errors = ''

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.#gone = once(child, 'close')
    child.stderr?.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-2000)))
  }

  /** Resolves when it takes connections. */
  static async start(name: BrokerName, directory: string, port: number, kill: KillPoint): Promise<BrokerProcess> {
    mkdirSync(directory, { recursive: true })
    const { command, given, env = {} } = COMMANDS[name](directory, port, kill)
    const child = spawn(command, given, {
      stdio: ['ignore', 'ignore', 'pipe', ...(name === 'godwit' ? (['ipc'] as const) : [])],
      env: { ...process.env, ...env },
    })
    const broker = new BrokerProcess(child, port)
    while (!(await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new BrokerMissing(`${name} did not start: ${broker.#errors.trim() || `exit code ${child.exitCode}`}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return broker
  }

  /** From now on it counts its writes. */
  async arm(): Promise<void> {
    const armed = Promise.race([once(this.#child, 'message'), this.#gone])
    this.#child.kill('SIGUSR2')
    await armed
  }

  /** Resolves when it has ended by itself. */
  gone(): Promise<unknown> {
    return this.#gone
  }

  /** Ends it, by SIGKILL and nothing less unless asked. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    await this.#gone
  }
}

/** Makes the command of this checkout, so that nothing has to be built before. */
export const bundleGodwit = (): Promise<void> =>
  bundleCommand(new URL('../../../apps/broker/', import.meta.url), ['classic-level', 'commander', 'pino', 'ws'], GODWIT)

interface Command {
  readonly command: string
  readonly given: readonly string[]
  readonly env?: Record<string, string>
}

const godwit = (port: number, before: readonly string[], options: readonly string[], env = {}): Command => ({
  command: process.execPath,
  given: [...before, GODWIT, '--port', String(port), '--ws-port', 'off', '--log-level', 'warn', ...options],
  env,
})

const mosquitto = (directory: string, port: number, settings: readonly string[]): Command => {
  const command = findPeer('mosquitto')
  if (command === undefined) throw new BrokerMissing('mosquitto is not installed (apt-get install mosquitto)')
  const file = join(directory, 'mosquitto.conf')
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${directory}/`,
    'max_queued_messages 0',
    'log_type none',
    // Debian's default is to become another user, who may not write here.
    'user root',
    ...settings,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return { command, given: ['-c', file] }
}

const COMMANDS: Record<BrokerName, (directory: string, port: number, kill: KillPoint) => Command> = {
  godwit: (directory, port, kill) =>
    godwit(port, ['--import', here('write-boundaries.mjs')], ['--data-dir', directory], {
      GODWIT_CRASH_AT: kill === 'any moment' ? '' : kill,
    }),
  'godwit-memory': (_directory, port) => godwit(port, [], ['--no-persistence']),
  mosquitto: (directory, port) => mosquitto(directory, port, []),
  'mosquitto-autosave': (directory, port) =>
    mosquitto(directory, port, ['autosave_on_changes true', 'autosave_interval 1']),
  aedes: (_directory, port) => ({ command: process.execPath, given: [here('aedes-broker.mjs'), String(port)] }),
}
