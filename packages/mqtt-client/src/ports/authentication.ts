import type { AuthPacket, ConnackPacket } from '@godwit/mqtt-codec'
import type { MqttError } from '../errors.ts'

/** The connection that an exchange runs on. */
export interface AuthenticationLink {
  send(packet: AuthPacket): void
  /** Ends the connection. */
  fail(error: MqttError): void
}

/** What CONNECT says. */
export interface AuthenticationStart {
  readonly authenticationMethod: string
  readonly authenticationData?: Uint8Array
}

/** Enhanced authentication, 5.0 (section 4.12): `enhancedAuthentication()` of `@godwit/mqtt-client/authentication`. */
export interface Authentication {
  /** Before each CONNECT. */
  start(link: AuthenticationLink): Promise<AuthenticationStart>
  /** AUTH, or the CONNACK that accepts. Resolves when it is dealt with, and never rejects. Binary data is valid during the call only. */
  received(packet: AuthPacket | ConnackPacket): Promise<void>
  /** The connection is gone, or the client closed. */
  lost(error: MqttError): void
}
