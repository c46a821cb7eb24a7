import type { ConnectPacket, ProtocolVersion, Will } from '@godwit/mqtt-codec'
import type { Attempt, ClientOptions, Target } from '../api/options.ts'
import { MqttError, type ErrorPhase } from '../errors.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { defined, toBytes, toPairs } from './values.ts'

export interface Dialled {
  readonly url: string
  readonly stream: ByteStream
  readonly connect: ConnectPacket
}

export interface DialSettings {
  readonly options: ClientOptions
  readonly transport: Transport
  readonly target: Target
  readonly attempt: Attempt
  readonly version: ProtocolVersion
  readonly clientId: string
  readonly cleanStart: boolean
}

/** One attempt as far as an open stream and the CONNECT to send over it. Throws MqttError only. */
export async function dial(settings: DialSettings): Promise<Dialled> {
  const { options, transport, target, attempt, version } = settings
  const { authentication, tls, webSocket } = options
  try {
    const url = hrefOf(typeof target === 'function' ? await target(attempt) : target)
    const { credentials = options } = options
    const { username, password } = typeof credentials === 'function' ? await credentials(attempt) : credentials
    const authenticationData = version === 5 ? await authentication?.start() : undefined
    const protocols = version === 3 ? ['mqttv3.1'] : undefined
    const stream = await transport(withoutCredentials(url), {
      signal: attempt.signal,
      tls,
      webSocket: protocols && !webSocket?.protocols ? { ...webSocket, protocols } : webSocket,
    })
    const properties = version === 5 ? connectProperties(options, authenticationData) : undefined
    const fromUrl = credentialsOf(url)
    const bytes = password ?? fromUrl.password
    const connect: ConnectPacket = {
      type: 'connect',
      protocolVersion: version,
      clientId: settings.clientId,
      cleanStart: settings.cleanStart,
      keepAliveSeconds: options.keepAliveSeconds ?? 60,
      ...defined({
        username: username ?? fromUrl.username,
        password: bytes === undefined ? undefined : toBytes(bytes),
      }),
      ...defined({ will: willOf(options), properties }),
    }
    return { url: withoutCredentials(url), stream, connect }
  } catch (error) {
    throw asMqttError(error)
  }
}

function connectProperties(
  options: ClientOptions,
  authenticationData: Uint8Array | undefined,
): ConnectPacket['properties'] {
  const { sessionExpiryIntervalSeconds: expiry, authentication, requestResponseInformation, userProperties } = options
  return defined({
    sessionExpiryIntervalSeconds: expiry === 'never' ? 0xffff_ffff : expiry,
    receiveMaximum: options.receiveMaximum ?? DEFAULTS.receiveMaximum,
    maximumPacketSizeBytes: options.maximumPacketSizeBytes ?? DEFAULTS.maximumPacketSizeBytes,
    topicAliasMaximum: options.topicAliasMaximum ?? DEFAULTS.topicAliasMaximum,
    authenticationMethod: authentication?.method,
    authenticationData,
    requestResponseInformation,
    userProperties: toPairs(userProperties),
  })
}

/** What this client tells the server unless it is told otherwise. */
export const DEFAULTS = { receiveMaximum: 256, maximumPacketSizeBytes: 1_048_576, topicAliasMaximum: 16 }

function willOf({ will }: ClientOptions): Will | undefined {
  if (!will) return undefined
  const { topicName, payload = '', qos = 0, retain = false, userProperties, ...rest } = will
  const properties = defined({ ...rest, userProperties: toPairs(userProperties) })
  return { topicName, payload: toBytes(payload), qos, retain, ...(properties && { properties }) }
}

const hrefOf = (target: string | { readonly href: string }): string =>
  typeof target === 'string' ? target : target.href

/** `mqtt://user:password@host`: what stands there is used, and goes no further than CONNECT. */
const AUTHORITY = /^([^/]*\/\/)([^/?#]*)@/

const withoutCredentials = (url: string): string => url.replace(AUTHORITY, '$1')

function credentialsOf(url: string): { username?: string; password?: string } {
  const [name, ...password] = AUTHORITY.exec(url)?.[2]?.split(':') ?? []
  return {
    ...(name && { username: decodeURIComponent(name) }),
    ...(password.length > 0 && { password: decodeURIComponent(password.join(':')) }),
  }
}

/** A transport's error keeps its phase; `cause` has the rest. */
export function asMqttError(error: unknown): MqttError {
  if (MqttError.isInstance(error)) return error
  const { code, phase, message } = error as { code?: string; phase?: ErrorPhase; message?: string }
  // What only a person can mend is not tried again by itself.
  const retryable = code !== 'WS_NOT_INSTALLED' && phase !== undefined
  return new MqttError('TRANSPORT_FAILED', message ?? String(error), {
    phase: phase ?? 'local',
    cause: error,
    retryable,
  })
}
