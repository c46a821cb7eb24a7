import type { ConnectPacket, ProtocolVersion, Will } from '@godwit/mqtt-codec'
import type { Attempt, ClientOptions, Target } from '../api/options.ts'
import { MAXIMUM_PACKET_SIZE_BYTES, RECEIVE_MAXIMUM } from '../core/defaults.ts'
import { MqttError, type ErrorPhase } from '../errors.ts'
import type { AuthenticationStart } from '../ports/authentication.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { defined, toBytes, toPairs } from './values.ts'

export interface Dialled {
  /** Without what it may have said about user name and password. */
  readonly url: string
  readonly stream: ByteStream
  readonly connect: ConnectPacket
}

export interface DialSettings {
  readonly attempt: Attempt
  readonly version: ProtocolVersion
  readonly clientId: string
  readonly cleanStart: boolean
  readonly authentication: AuthenticationStart | undefined
}

/** One attempt as far as an open stream and the CONNECT to send over it. Rejects with what the transport or the application threw. */
export async function dial(
  options: ClientOptions,
  transport: Transport,
  target: Target,
  { attempt, version, clientId, cleanStart, authentication }: DialSettings,
): Promise<Dialled> {
  const { credentials = options, keepAliveSeconds = 60, tls, webSocket } = options
  const given = typeof target === 'function' ? await target(attempt) : target
  const { url, ...inUrl } = parted(typeof given === 'string' ? given : given.href)
  const { username = inUrl.username, password = inUrl.password } =
    typeof credentials === 'function' ? await credentials(attempt) : credentials
  const stream = await transport(url, {
    signal: attempt.signal,
    tls,
    webSocket: version === 3 ? { protocols: ['mqttv3.1'], ...webSocket } : webSocket,
  })
  const connect = {
    type: 'connect' as const,
    protocolVersion: version,
    clientId,
    cleanStart,
    keepAliveSeconds,
    ...defined({
      username,
      password: password === undefined ? undefined : toBytes(password),
      will: willOf(options),
      properties: version === 5 ? connectProperties(options, authentication) : undefined,
    }),
  }
  return { url, stream, connect }
}

function connectProperties(
  options: ClientOptions,
  authentication: AuthenticationStart | undefined,
): ConnectPacket['properties'] {
  const { sessionExpiryIntervalSeconds: expiry, requestResponseInformation, userProperties, topicAliases } = options
  const { receiveMaximum = RECEIVE_MAXIMUM, maximumPacketSizeBytes = MAXIMUM_PACKET_SIZE_BYTES } = options
  return defined({
    sessionExpiryIntervalSeconds: expiry === 'never' ? 0xffff_ffff : expiry,
    receiveMaximum,
    maximumPacketSizeBytes,
    topicAliasMaximum: topicAliases?.maximum,
    requestResponseInformation,
    userProperties: toPairs(userProperties),
    ...authentication,
  })
}

function willOf({ will }: ClientOptions): Will | undefined {
  if (!will) return undefined
  const { topicName, payload = '', qos = 0, retain = false, userProperties, ...rest } = will
  const properties = defined({ ...rest, userProperties: toPairs(userProperties) })
  return { topicName, payload: toBytes(payload), qos, retain, ...(properties && { properties }) }
}

/** `mqtt://user:password@host`: what stands there is used, and goes no further than CONNECT. */
function parted(href: string): { readonly url: string; readonly username?: string; readonly password?: string } {
  const [, scheme, name, password, rest] = /^([^/]*\/\/)([^/?#:]*)(?::([^/?#]*))?@(.*)/.exec(href) ?? []
  if (scheme === undefined) return { url: href }
  return {
    url: `${scheme}${rest}`,
    ...(name && { username: decodeURIComponent(name) }),
    ...(password !== undefined && { password: decodeURIComponent(password) }),
  }
}

/** A transport's error keeps its phase; `cause` has the rest. */
export function asMqttError(cause: unknown): MqttError {
  if (MqttError.isInstance(cause)) return cause
  const { code, phase, message = String(cause) } = cause as { code?: string; phase?: ErrorPhase; message?: string }
  // What only a person can mend is not tried again by itself.
  const retryable = code !== 'WS_NOT_INSTALLED' && phase !== undefined
  return new MqttError('TRANSPORT_FAILED', message, { ...(phase && { phase }), cause, retryable })
}
