import type { ProtocolVersion } from '@godwit/mqtt-codec'
import type { PeerInfo } from '@godwit/mqtt-transport'
import type { Grant, Refusal } from './grant.ts'

/** What a CONNECT says about who is there. */
export interface AuthenticateRequest {
  readonly clientId: string
  readonly username?: string
  readonly password?: Uint8Array
  readonly protocolVersion: ProtocolVersion
  readonly peer: PeerInfo
}

/** `true`: all rights, the User Name is the principal. `false`: Not authorized (0x87, in 3.1.1 Return Code 5). */
export type AuthenticateResult = boolean | Grant | Refusal

/** Asked once for each CONNECT. A throw, a rejection or no answer in time refuses with Server unavailable (0x88). */
export type Authenticate = (request: AuthenticateRequest) => AuthenticateResult | Promise<AuthenticateResult>

export const isRefusal = (result: Grant | Refusal): result is Refusal => 'reasonCode' in result
