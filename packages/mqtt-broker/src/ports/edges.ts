import type { AuthenticationExchange, AuthenticationRequest, AuthenticationStep } from './authentication-mechanism.ts'
import type { AuthenticateRequest, AuthenticateResult } from './authenticator.ts'
import type { ClientInfo } from './client-info.ts'
import type { LoadRequest } from './stored-message.ts'

/**
 * Where the core waits for somebody else. An answer that is there at once is returned; one that takes time is `undefined`
 * now and comes back as an event with the ticket, which is ignored when its connection has gone on meanwhile.
 */
export interface Edges {
  authenticate?(ticket: number, request: AuthenticateRequest): AuthenticateResult | undefined
  /** The Server's side of an exchange; undefined: no such Authentication Method (0x8C). */
  beginAuthentication?(method: string, request: AuthenticationRequest): AuthenticationExchange | undefined
  stepAuthentication?(
    ticket: number,
    exchange: AuthenticationExchange,
    data: Uint8Array | undefined,
  ): AuthenticationStep | undefined
  authorizePublish?(client: ClientInfo, topicName: string): boolean
  authorizeSubscribe?(
    ticket: number,
    client: ClientInfo,
    topicFilters: readonly string[],
  ): readonly boolean[] | undefined
  /** Reads from the store; the answer always comes later, as `records-loaded` with the ticket. */
  load?(ticket: number, request: LoadRequest): void
  /** Unguessable bytes, for Assigned Client Identifiers. */
  randomBytes(count: number): Uint8Array
}
