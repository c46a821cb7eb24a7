import type { Client } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { CallOptions } from '../api/structural.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { GodwitClient } from './client.ts'

/** The two ways in, for a platform's own transport. */
export function entrance(transport: Transport, platform: () => Runtime) {
  const make = (target: Target | readonly Target[], options: ClientOptions): GodwitClient => {
    const targets = [target].flat() as readonly Target[]
    if (targets.length === 0) throw new MqttError('INVALID_ARGUMENT', 'no server given')
    if (options.store && !options.clientId) throw new MqttError('INVALID_ARGUMENT', 'a store needs a clientId')
    return new GodwitClient(targets, options, options.transport ?? transport, options.runtime ?? platform())
  }
  return {
    createClient: (target: Target | readonly Target[], options: ClientOptions = {}): Client => make(target, options),
    connect: async (target: Target | readonly Target[], options: ClientOptions & CallOptions = {}): Promise<Client> => {
      const client = make(target, options)
      if (!options.reconnect || !options.reconnect.initial) client.failFast()
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
