import { type Broker, BrokerError, createBroker, type ListenOptions, type Logger } from '@godwit/mqtt-broker'
import { FileLogin } from '@godwit/mqtt-broker/auth'
import { TransportError, type TransportErrorCode } from '@godwit/mqtt-transport'
import { openStore } from './data-directory.ts'
import { type Ending, StartFailure } from './exit-codes.ts'
import { hasLoginFiles, readLoginFiles } from './login.ts'
import type { Settings, TlsSettings } from './options.ts'
import { readText } from './read-file.ts'

/** A broker that listens where the settings say, and the addresses that it really has. */
export interface Started {
  readonly broker: Broker
  readonly urls: readonly string[]
  /** Reads the password and the ACL file again. What cannot be read or understood changes nothing, and is logged. */
  reload(): Promise<void>
}

export const start = async (settings: Settings, logger: Logger): Promise<Started> => {
  const { host, port, wsPort, tls, limits } = settings
  const files = await readLoginFiles(settings.login)
  const login = new FileLogin({ ...files, limits: limits.login })
  const store = settings.persistence && (await openStore(settings.persistence, logger))
  const broker = createBroker({
    limits: limits.broker,
    logger,
    ...(store !== undefined && { store }),
    ...(hasLoginFiles(settings.login) && { authenticate: login.authenticate }),
  })
  const shown = host.includes(':') ? `[${host}]` : host
  try {
    await ready(broker)
    const urls = [await listen(broker, '--port', { url: `mqtt://${shown}:${port}` })]
    if (wsPort !== undefined) urls.push(await listen(broker, '--ws-port', { url: `ws://${shown}:${wsPort}/mqtt` }))
    if (tls !== undefined) {
      const url = `mqtts://${shown}:${tls.port}`
      urls.push(await listen(broker, '--tls-port', { url, tls: await readTls(tls) }))
    }
    // One after the other, so that the files as they are last hold in the end.
    let reloaded = Promise.resolve()
    const reload = () => (reloaded = reloaded.then(() => reloadFiles(settings, login, broker, logger)))
    return { broker, urls, reload }
  } catch (error) {
    await broker.close()
    throw error
  }
}

/** What the data directory holds has been read. */
const ready = async (broker: Broker): Promise<void> => {
  try {
    await broker.ready
  } catch (error) {
    throw BrokerError.isInstance(error) ? new StartFailure('data', `--data-dir: ${error.message}`, error) : error
  }
}

const reloadFiles = async (settings: Settings, login: FileLogin, broker: Broker, logger: Logger): Promise<void> => {
  const { passwordFile, aclFile } = settings.login
  try {
    login.replace(await readLoginFiles(settings.login))
    broker.recheckRights()
    logger.info({ passwordFile, aclFile }, 'read the password and ACL files again')
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error
    logger.error({ passwordFile, aclFile }, `the files of before stay in force: ${error.message}`)
  }
}

const readTls = async (tls: TlsSettings) => ({
  cert: await readText('--cert', tls.cert),
  key: await readText('--key', tls.key),
  requireCertificate: tls.requireCertificate,
  ...(tls.ca !== undefined && { ca: await readText('--ca', tls.ca) }),
})

const listen = async (broker: Broker, option: string, options: ListenOptions): Promise<string> => {
  try {
    return (await broker.listen(options)).url
  } catch (error) {
    if (TransportError.isInstance(error)) {
      const [ending, remedy] = REMEDIES[error.code] ?? OTHER
      throw new StartFailure(ending, `${option}: ${error.message}; ${remedy}`, error)
    }
    throw BrokerError.isInstance(error) ? new StartFailure('usage', `${option}: ${error.message}`, error) : error
  }
}

const OTHER: readonly [Ending, string] = ['address', 'choose another address with --host, or another port']

const REMEDIES: Partial<Record<TransportErrorCode, readonly [Ending, string]>> = {
  ADDRESS_IN_USE: ['addressInUse', 'stop what uses it, or choose another port with this option'],
  ADDRESS_NOT_AVAILABLE: ['address', 'give --host an address of this machine, such as 127.0.0.1'],
  HOST_NOT_FOUND: ['address', 'give --host an address of this machine, such as 127.0.0.1'],
  PERMISSION_DENIED: ['address', 'ports below 1024 need rights; choose a higher one'],
  TLS_CONFIGURATION_INVALID: ['tls', 'check the files of --cert, --key and --ca'],
  TLS_FAILED: ['tls', 'check the files of --cert, --key and --ca'],
}
