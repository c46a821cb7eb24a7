import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerOptions, createBroker } from '@godwit/mqtt-broker'
import { answers, freePort } from '@godwit/vitest-preset/loopback'

/** A broker that was started for one conversation: nothing of the one before is left in it. */
export interface FreshBroker extends AsyncDisposable {
  readonly port: number
}

export type StartBroker = () => Promise<FreshBroker>

/** Ours, or ours with something else about it. Mosquitto sends one copy for each Subscription to 5.0 Clients whatever it is told, so both do that. */
export const godwitStarter =
  ({ settings, limits }: Pick<BrokerOptions, 'settings' | 'limits'> = {}): StartBroker =>
  async () => {
    const broker = createBroker({
      settings: { overlappingSubscriptions: 'one-per-subscription', ...settings },
      limits: { ...TIMELESS, ...limits },
    })
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    return { port, [Symbol.asyncDispose]: () => broker.close() }
  }

/** On a machine that has other work it would refuse Clients because it is late, and not because of what they said. */
const TIMELESS = {
  connectTimeoutMs: Infinity,
  packetAssemblyTimeoutMs: Infinity,
  outputStallTimeoutMs: Infinity,
  eventLoopLagRefuseMs: Infinity,
  eventLoopLagShedMs: Infinity,
  memorySoftPercent: Infinity,
  memoryHighPercent: Infinity,
  memoryHardPercent: Infinity,
} as const

/** Theirs, as it is without settings but for what a conversation needs. */
export const mosquittoStarter =
  (command: string): StartBroker =>
  async () => {
    for (;;) {
      const started = await MosquittoProcess.start(command, await freePort())
      // Somebody else was faster at the port.
      if (started !== undefined) return started
    }
  }

/** As it names itself: `mosquitto version 2.0.11`. */
export const versionOf = (command: string): string =>
  /mosquitto version (\S+)/.exec(spawnSync(command, ['-h'], { encoding: 'utf8' }).stdout)?.[0] ?? 'mosquitto'

class MosquittoProcess implements FreshBroker {
  readonly port: number
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #directory: string

  private constructor(command: string, port: number) {
    this.port = port
    this.#directory = mkdtempSync(join(tmpdir(), 'godwit-differential-'))
    const file = join(this.#directory, 'mosquitto.conf')
    writeFileSync(file, `${SETTINGS.join('\n')}\nlistener ${port} 127.0.0.1\n`)
    this.#child = spawn(command, ['-c', file], { stdio: 'ignore' })
    this.#gone = once(this.#child, 'close')
  }

  static async start(command: string, port: number): Promise<MosquittoProcess | undefined> {
    const broker = new MosquittoProcess(command, port)
    while (broker.#child.exitCode === null) {
      if (await answers(port)) return broker
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await broker[Symbol.asyncDispose]()
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

const SETTINGS = [
  'allow_anonymous true',
  'allow_duplicate_messages true',
  'log_type none',
  'set_tcp_nodelay true',
  // Debian's default is to become another user, who may not read here.
  'user root',
]
