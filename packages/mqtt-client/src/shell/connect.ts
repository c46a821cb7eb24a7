import type { Client } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { CallOptions } from '../api/structural.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { MqttClient } from './client.ts'
import { ClientInternals } from './client-internals.ts'

/** What differs between a page and Node. */
type Platform = readonly [transport: Transport, runtime: () => Runtime]

/** `createClient` of a platform. Like `connect` it is one call that bundlers may leave out, where destructuring is none for esbuild. */
export const createClientOn =
  (...platform: Platform) =>
  (target: Target, options: ClientOptions = {}): Client =>
    make(platform, target, options, false)

export const connectOn =
  (...platform: Platform) =>
  async (target: Target, options: ClientOptions & CallOptions = {}): Promise<Client> => {
    const { reconnect } = options
    const client = make(platform, target, options, !(reconnect && reconnect.initial))
    try {
      await client.connect(options)
      return client
    } catch (error) {
      await client.close({ drain: false })
      throw error
    }
  }

const make = (
  [platformTransport, platformRuntime]: Platform,
  target: Target,
  options: ClientOptions,
  failsFast: boolean,
) => {
  const { store, clientId, transport = platformTransport, runtime = platformRuntime() } = options
  if (store && !clientId) throw new MqttError('INVALID_ARGUMENT', 'a store needs a clientId')
  return new MqttClient(new ClientInternals(target, { ...options }, transport, runtime, failsFast))
}
