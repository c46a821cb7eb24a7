import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { freePort } from '@godwit/vitest-preset/loopback'
import { findPeer } from '@godwit/vitest-preset/peers'
import { type BrokerSetup, CANARY_USER, type Command, type Measured } from './broker-setup.ts'
import { passwordLines } from './password-lines.ts'
import { BrokerProcess } from './broker-process.ts'
import { BrokerMissing, type Contestant, NotApplicable, ofKernel } from './running-broker.ts'

const found = (): string => {
  const command = findPeer('mosquitto')
  if (command === undefined) throw new BrokerMissing('mosquitto is not installed (apt-get install mosquitto)')
  return command
}

/** Debian's. */
export const MOSQUITTO: Contestant = {
  name: 'mosquitto',
  title: () =>
    /mosquitto version (\S+)/.exec(spawnSync(found(), ['-h'], { encoding: 'utf8' }).stdout)?.[0] ?? 'unknown',
  versions: [4, 5],
  ours: false,
  async start(setup, directory) {
    if (setup.login?.kind === 'hook') throw new NotApplicable('its authenticators are libraries in C')
    if (setup.login?.kind === 'scram') throw new NotApplicable('its enhanced authentication is libraries in C')
    if (setup.login?.kind === 'revocable') throw new NotApplicable('rights change with its files only')
    if (setup.store === 'held') throw new NotApplicable('its disk cannot be held')
    const broker = new MosquittoProcess(setup, directory)
    await broker.start()
    return broker
  },
}

/** Ours to its: the line of its configuration. */
const LIMITS: Partial<Record<keyof NonNullable<BrokerSetup['limits']>, (value: number) => string>> = {
  maximumPacketSizeBytes: (value) => `max_packet_size ${value}`,
  maximumQueuedMessages: (value) => `max_queued_messages ${value}`,
  maximumQueuedBytes: (value) => `max_queued_bytes ${value}`,
  receiveMaximum: (value) => `max_inflight_messages ${value}`,
  maximumInflightMessages: (value) => `max_inflight_messages ${value}`,
  maximumKeepAliveSeconds: (value) => `max_keepalive ${value}`,
  maximumConnections: (value) => `max_connections ${value}`,
  maximumMemoryBytes: (value) => `memory_limit ${value}`,
  topicAliasMaximum: (value) => `max_topic_alias ${value}`,
}

const SETTINGS: Partial<Record<keyof NonNullable<BrokerSetup['settings']>, (value: unknown) => string>> = {
  maximumQos: (value) => `max_qos ${String(value)}`,
  retainAvailable: (value) => `retain_available ${String(value)}`,
}

class MosquittoProcess extends BrokerProcess {
  readonly lacks: string[] = []
  readonly #setup: BrokerSetup
  readonly #directory: string

  constructor(setup: BrokerSetup, directory: string) {
    super()
    this.#setup = setup
    this.#directory = directory
  }

  async start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true })
    const listeners = this.#setup.listeners ?? []
    const tcp = await freePort()
    const ws = listeners.includes('ws') ? await freePort() : undefined
    const tls = listeners.some((each) => each.endsWith('tls')) ? await freePort() : undefined
    this.ports = { tcp, ...(ws !== undefined && { ws }), ...(tls !== undefined && { tls }) }
    const file = join(this.#directory, 'mosquitto.conf')
    writeFileSync(file, `${this.#lines().join('\n')}\n`)
    const { openFiles } = this.#setup
    const child = this.spawn([found(), '-c', file], { openFiles })
    await child.listensAt(tcp)
  }

  async measure(): Promise<Measured> {
    const { cpuMs, residentBytes, openFiles } = ofKernel(this.processId)
    return { cpuMs, residentBytes, memoryBytes: residentBytes, gauges: { 'open files': openFiles }, counts: {} }
  }

  async command(command: Command): Promise<void> {
    if (command.do !== 'login') throw new NotApplicable(`it has no way to be told: ${command.do}`)
    const users = { ...command.users, [CANARY_USER.username]: CANARY_USER.password }
    writeFileSync(join(this.#directory, 'passwords'), passwordLines(users))
    if (command.acl !== undefined) writeFileSync(join(this.#directory, 'acl'), command.acl)
    this.signal('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  #lines(): string[] {
    const { limits = {}, settings = {}, login, store } = this.#setup
    const { tcp, ws, tls } = this.ports
    const write = (name: string, content: string): string => {
      const path = join(this.#directory, name)
      writeFileSync(path, content, { mode: 0o600 })
      return path
    }
    const own = (table: Partial<Record<string, (value: never) => string>>, given: object): string[] =>
      Object.entries(given).flatMap(([name, value]) => {
        const line = table[name]
        // It takes no Keep Alive below 10 s.
        const refused = name === 'maximumKeepAliveSeconds' && Number(value) < 10
        if (line !== undefined && !refused) return line(value as never)
        this.lacks.push(name)
        return []
      })
    const lines = [
      'log_dest stderr',
      'log_type error',
      'log_type warning',
      // Debian's default is to become another user, who may not write here.
      'user root',
      ...own(LIMITS, limits).filter((line) => !line.startsWith('max_topic_alias')),
      ...own(SETTINGS, settings).filter((line) => line.startsWith('retain')),
    ]
    if (login?.kind === 'passwords') {
      const users = { ...login.users, [CANARY_USER.username]: CANARY_USER.password }
      lines.push(`password_file ${write('passwords', passwordLines(users, login.iterations))}`)
      if (login.acl !== undefined) lines.push(`acl_file ${write('acl', login.acl)}`)
    } else lines.push('allow_anonymous true')
    if (store === 'disk') lines.push('persistence true', `persistence_location ${this.#directory}/`)
    const each = [
      ...own(LIMITS, limits).filter((line) => line.startsWith('max_topic_alias')),
      ...own(SETTINGS, settings).filter((line) => line.startsWith('max_qos')),
    ]
    lines.push(`listener ${tcp} 127.0.0.1`, ...each)
    if (ws !== undefined) lines.push(`listener ${ws} 127.0.0.1`, 'protocol websockets', ...each)
    if (tls !== undefined) {
      lines.push(
        `listener ${tls} 127.0.0.1`,
        `certfile ${write('cert.pem', testCertificates.server.cert)}`,
        `keyfile ${write('key.pem', testCertificates.server.key)}`,
        ...each,
      )
      if (this.#setup.listeners?.includes('mutual-tls') === true) {
        lines.push(`cafile ${write('ca.pem', testCertificates.authority)}`, 'require_certificate true')
      }
    }
    return lines
  }
}
