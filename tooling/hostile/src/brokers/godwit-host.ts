// A broker of ours in a process of its own, embedded as any program embeds it; the suite asks it for its counters over IPC.
import { openLevelStore } from '@godwit/mqtt-store-level'
import { type Authenticate, type BrokerOptions, createBroker, type Grant, type Store } from '@godwit/mqtt-broker'
import {
  createScramCredentials,
  FileLogin,
  parseAclFile,
  parsePasswordFile,
  scramSha256,
} from '@godwit/mqtt-broker/auth'
import { CrashStore } from '@godwit/mqtt-broker/testing'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { type BrokerSetup, CANARY_USER, type Command, type Measured } from './broker-setup.ts'
import { passwordLines } from './password-lines.ts'

export type ToHost =
  | {
      readonly type: 'start'
      readonly setup: BrokerSetup
      readonly directory: string
      readonly certificates?: object | undefined
    }
  | { readonly type: 'measure'; readonly collect: boolean }
  | { readonly type: 'command'; readonly command: Command }
export type FromHost =
  | { readonly type: 'started'; readonly tcp: number; readonly ws?: number; readonly tls?: number }
  | { readonly type: 'measured'; readonly measured: Measured }
  | { readonly type: 'done' }

const held = new CrashStore()
/** Authenticators that wait, by Client Identifier. */
const waiting = new Map<string, ((allowed: boolean) => void)[]>()
const revoked = { receive: [] as string[], publish: [] as string[] }
let broker: ReturnType<typeof createBroker> | undefined

// Case 128 counts what nobody has caught: each is a line of the log, and the end.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    console.error(event, error)
    process.exit(70)
  })
}

process.on('message', (message: ToHost) => void answer(message).then((reply) => process.send!(reply)))

const answer = async (message: ToHost): Promise<FromHost> => {
  if (message.type === 'start') return await start(message.setup, message.directory)
  if (message.type === 'measure') return { type: 'measured', measured: await measure(message.collect) }
  await perform(message.command)
  return { type: 'done' }
}

const start = async (setup: BrokerSetup, directory: string): Promise<FromHost> => {
  const store = await storeOf(setup, directory)
  broker = createBroker({
    limits: setup.limits ?? {},
    settings: setup.settings ?? {},
    logger: { debug() {}, info: log, warn: log, error: log },
    ...(store !== undefined && { store }),
    ...(await loginOf(setup)),
  })
  const started: { tcp: number; ws?: number; tls?: number } = { tcp: 0 }
  started.tcp = portOf(await broker.listen('mqtt://127.0.0.1:0'))
  for (const listener of setup.listeners ?? []) {
    if (listener === 'ws') {
      const { origins } = setup
      started.ws = portOf(
        await broker.listen({ url: 'ws://127.0.0.1:0/mqtt', ...(origins !== undefined && { origins }) }),
      )
    } else {
      const mutual = listener === 'mutual-tls' && { ca: testCertificates.authority, requireCertificate: true }
      const tls = { ...testCertificates.server, ...mutual }
      started.tls = portOf(await broker.listen({ url: 'mqtts://127.0.0.1:0', tls }))
    }
  }
  return { type: 'started', ...started }
}

const log = (fields: object, text: string): void => console.error(JSON.stringify({ ...fields, text }))

const portOf = (listener: { readonly url: string }): number => Number(new URL(listener.url).port)

const storeOf = async ({ store }: BrokerSetup, directory: string): Promise<Store | undefined> =>
  store === 'disk' ? await openLevelStore(directory) : store === 'held' ? held : undefined

const loginOf = async ({ login }: BrokerSetup): Promise<Pick<BrokerOptions, 'authenticate' | 'mechanisms'>> => {
  if (login === undefined) return {}
  if (login.kind === 'scram') {
    const credentials = await createScramCredentials(login.password, { iterations: 4096 })
    return { mechanisms: [scramSha256({ credentials: (name) => (name === login.username ? credentials : undefined) })] }
  }
  if (login.kind === 'passwords') {
    fileLogin = new FileLogin(filesOf(login))
    return { authenticate: fileLogin.authenticate }
  }
  if (login.kind === 'revocable') return { authenticate: () => REVOCABLE }
  return { authenticate: misbehaving(login.does) }
}

let fileLogin: FileLogin | undefined

const filesOf = ({ users, acl, iterations }: PasswordsAndRights) => ({
  passwords: parsePasswordFile(passwordLines({ ...users, [CANARY_USER.username]: CANARY_USER.password }, iterations)),
  ...(acl !== undefined && { rules: parseAclFile(acl) }),
})

interface PasswordsAndRights {
  readonly users: Readonly<Record<string, string>>
  readonly acl?: string
  readonly iterations?: number
}

const REVOCABLE: Grant = {
  principal: '',
  canPublish: (topicName) => !revoked.publish.some((prefix) => topicName.startsWith(prefix)),
  canReceive: (topicName) => !revoked.receive.some((prefix) => topicName.startsWith(prefix)),
}

class AuthenticatorFailed extends Error {
  readonly code = 'AUTHENTICATOR_FAILED'
}

/** A Client may ask for one of them by its User Name. */
const MISBEHAVIOURS = ['throw', 'reject', 'hang', 'answer twice'] as const

const misbehaving = (does: 'throw' | 'reject' | 'hang' | 'answer twice' | 'wait'): Authenticate => {
  return ({ clientId, username }) => {
    if (username === CANARY_USER.username) return true
    const own = MISBEHAVIOURS.find((each) => each === username)
    switch (own ?? does) {
      case 'throw':
        throw new AuthenticatorFailed('thrown')
      case 'reject':
        return Promise.reject(new AuthenticatorFailed('rejected'))
      case 'hang':
        return new Promise(() => {})
      case 'answer twice':
        return new Promise((resolve, reject) => {
          resolve(true)
          resolve(false)
          reject(new AuthenticatorFailed('too late'))
        })
      default:
        return new Promise((resolve) => waiting.set(clientId, [...(waiting.get(clientId) ?? []), resolve]))
    }
  }
}

const perform = async (command: Command): Promise<void> => {
  switch (command.do) {
    case 'store':
      if (command.what === 'hold') held.hangs = true
      if (command.what === 'release') {
        held.hangs = false
        held.advance()
      }
      if (command.what === 'full') held.full = true
      if (command.what === 'space') held.full = false
      return
    case 'revoke':
      revoked[command.what].push(command.prefix)
      broker?.recheckRights()
      return
    case 'answer': {
      while ((waiting.get(command.clientId) ?? []).length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      const [first, ...rest] = waiting.get(command.clientId)!
      waiting.set(command.clientId, rest)
      first?.(command.allowed)
      return
    }
    case 'login':
      fileLogin?.replace(filesOf(command))
      broker?.recheckRights()
      return
    case 'disconnect':
      broker?.disconnect(command.clientId)
  }
}

const GAUGES = [
  'connections',
  'sessions',
  'subscriptions',
  'retainedMessages',
  'retainedBytes',
  'queuedMessages',
  'queuedBytes',
  'unauthenticatedConnections',
  'unauthenticatedBytes',
] as const

/** What happens all the time and is nobody's loss. */
const NOT_COUNTED: ReadonlySet<string> = new Set([
  ...GAUGES,
  'connectionsOpened',
  'connectsAccepted',
  'messagesReceived',
  'messagesDelivered',
  'commits',
  'recordsStaged',
])

const measure = async (collect: boolean): Promise<Measured> => {
  const looks: number[] = []
  for (let look = 0; look < 3; look++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (collect) globalThis.gc!()
    const { heapUsed, external } = process.memoryUsage()
    looks.push(heapUsed + external)
  }
  const { user, system } = process.cpuUsage()
  const counters = broker!.counters
  const counts: Record<string, number> = {}
  for (const [name, value] of Object.entries(counters)) {
    if (typeof value === 'number' && !NOT_COUNTED.has(name)) counts[name] = value
  }
  for (const [reason, count] of Object.entries(counters.messagesDropped)) counts[`dropped ${reason}`] = count
  for (const [limit, count] of Object.entries(counters.limitsMet)) counts[`met ${limit}`] = count
  const gauges: Record<string, number> = Object.fromEntries(GAUGES.map((name) => [name, counters[name]]))
  const resources = process.getActiveResourcesInfo()
  gauges['sockets'] = resources.filter((name) => name === 'TCPSocketWrap').length
  return {
    memoryBytes: looks.sort((one, other) => one - other)[1]!,
    residentBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    gauges,
    counts,
  }
}
