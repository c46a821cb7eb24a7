import { afterEach } from 'vitest'
import type { Client } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import { MqttError } from '../errors.ts'
import { connect, createClient } from '../index.ts'
import { ScriptedServer } from './scripted-server.ts'
import { settle, VirtualRuntime } from './virtual-runtime.ts'

export interface Harness {
  readonly server: ScriptedServer
  readonly runtime: VirtualRuntime
  readonly client: Client
}

const open = new Set<Client>()

afterEach(async () => {
  for (const client of open) await client.close({ drain: false })
  open.clear()
})

/** A connected client, its server and its time. */
export async function online(options: ClientOptions = {}, server = new ScriptedServer()): Promise<Harness> {
  const runtime = new VirtualRuntime()
  const client = await connect('mqtt://server', { transport: server.transport, runtime, ...options })
  open.add(client)
  return { server, runtime, client }
}

/** The same, not connected. */
export function idle(
  options: ClientOptions = {},
  server = new ScriptedServer(),
  target: Target = 'mqtt://server',
): Harness {
  const runtime = new VirtualRuntime()
  const client = createClient(target, { transport: server.transport, runtime, ...options })
  open.add(client)
  return { server, runtime, client }
}

/** How a promise stands, without waiting for it. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending'
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = MqttError.isInstance(error) ? error.code : error),
  )
  await settle()
  return state
}
