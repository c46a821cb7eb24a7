import type { PeerInfo } from '@godwit/mqtt-transport'
import type { Grant, Refusal } from './grant.ts'

/** Who begins an exchange. */
export interface AuthenticationRequest {
  /** '' where the Client left its Client Identifier to us. */
  readonly clientId: string
  readonly username?: string
  readonly password?: Uint8Array
  readonly peer: PeerInfo
  /** Set for a re-authentication: whom the Client has proven to be so far. Another is refused (0x87). */
  readonly principal?: string
}

/** What a Server says to the data of a Client; `data` is its Authentication Data. */
export type AuthenticationStep =
  | { readonly type: 'continue'; readonly data?: Uint8Array }
  | { readonly type: 'success'; readonly data?: Uint8Array; readonly grant: Grant }
  /** `detail` is for the log: a Client that lied is not told where. */
  | ({ readonly type: 'refused'; readonly detail?: string } & Refusal)

/** The Server's side of one exchange; it is dropped where its connection ends. */
export interface AuthenticationExchange {
  /**
   * The Client's Authentication Data, undefined where it sent none. A throw, a rejection or no answer in time refuses
   * with Server unavailable (0x88).
   */
  step(data: Uint8Array | undefined): AuthenticationStep | Promise<AuthenticationStep>
}

/** A method of enhanced authentication, such as SCRAM-SHA-256. @see MQTT 5.0 §4.12 */
export interface AuthenticationMechanism {
  /** The Authentication Method that Clients name. */
  readonly name: string
  begin(request: AuthenticationRequest): AuthenticationExchange
}
