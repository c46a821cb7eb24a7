import type { Client } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { CallOptions } from '../api/structural.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { assembleClient } from './client.ts'

/** The two ways in, for a platform's own transport. */
export function entrance(platformTransport: Transport, platformRuntime: () => Runtime) {
  const make = (target: Target, options: ClientOptions, failsFast: boolean): Client => {
    const { store, clientId, transport = platformTransport, runtime = platformRuntime() } = options
    if (store && !clientId) throw new MqttError('INVALID_ARGUMENT', 'a store needs a clientId')
    return assembleClient(target, options, transport, runtime, failsFast)
  }
  return {
    createClient: (target: Target, options: ClientOptions = {}): Client => make(target, options, false),
    connect: async (target: Target, options: ClientOptions & CallOptions = {}): Promise<Client> => {
      const { reconnect } = options
      const client = make(target, options, !(reconnect && reconnect.initial))
      try {
        await client.connect(options)
        return client
      } catch (error) {
        await client.close({ drain: false })
        throw error
      }
    },
  }
}
