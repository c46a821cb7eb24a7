import { readFile } from 'node:fs/promises'
import { type Broker, BrokerError, createBroker, type Logger } from '@godwit/mqtt-broker'
import { TransportError } from '@godwit/mqtt-transport'
import { EXIT, StartFailure } from './exit-codes.ts'
import type { Settings } from './options.ts'

/** A broker that listens where the settings say, and the addresses that it really has. */
export interface Started {
  readonly broker: Broker
  readonly urls: readonly string[]
}

export const start = async (settings: Settings, logger: Logger): Promise<Started> => {
  const { host, port, wsPort, tls, limits } = settings
  const broker = createBroker({ limits, logger })
  const shown = host.includes(':') ? `[${host}]` : host
  try {
    const urls = [(await broker.listen(`mqtt://${shown}:${port}`)).url]
    if (wsPort !== undefined) urls.push((await broker.listen(`ws://${shown}:${wsPort}/mqtt`)).url)
    if (tls !== undefined) {
      const files = {
        cert: await read('--cert', tls.cert),
        key: await read('--key', tls.key),
        requireCertificate: tls.requireCertificate,
        ...(tls.ca !== undefined && { ca: await read('--ca', tls.ca) }),
      }
      urls.push((await broker.listen({ url: `mqtts://${shown}:${tls.port}`, tls: files })).url)
    }
    return { broker, urls }
  } catch (error) {
    await broker.close()
    throw explained(error)
  }
}

const read = async (option: string, file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new StartFailure(EXIT.file, `${option} ${file} cannot be read: ${(error as Error).message}`, error)
  }
}

const explained = (error: unknown): unknown => {
  if (TransportError.isInstance(error)) {
    if (error.phase === 'tls') return new StartFailure(EXIT.file, error.message, error)
    const remedy =
      error.code === 'ADDRESS_IN_USE'
        ? '; stop what uses it, or choose another with --port, --ws-port or --tls-port'
        : ''
    return new StartFailure(EXIT.listen, `${error.message}${remedy}`, error)
  }
  return BrokerError.isInstance(error) ? new StartFailure(EXIT.usage, error.message, error) : error
}
