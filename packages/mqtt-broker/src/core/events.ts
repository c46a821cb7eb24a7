import type { DecodeFailure, Packet } from '@godwit/mqtt-codec'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import type { AuthenticationStep } from '../ports/authentication-mechanism.ts'
import type { Grant, Refusal } from '../ports/grant.ts'
import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Connection } from './connection.ts'
import type { Measurement } from './pressure.ts'
import type { Violation } from './refusals.ts'

/** Everything that happens to the core but the hot path. A ticket that nobody waits for any more is ignored. */
export type BrokerEvent =
  | { readonly type: 'connection-opened'; readonly connection: Connection }
  | { readonly type: 'connection-lost'; readonly connection: Connection; readonly reason: string }
  | { readonly type: 'packet-received'; readonly connection: Connection; readonly packet: Packet }
  | { readonly type: 'packet-refused'; readonly connection: Connection; readonly failure: DecodeFailure }
  | { readonly type: 'rule-broken'; readonly connection: Connection; readonly violation: Violation }
  | { readonly type: 'client-authenticated'; readonly ticket: number; readonly result: AuthenticateResult }
  | { readonly type: 'authentication-stepped'; readonly ticket: number; readonly step: AuthenticationStep }
  | { readonly type: 'subscriptions-authorized'; readonly ticket: number; readonly verdicts: readonly boolean[] }
  | { readonly type: 'client-disconnected'; readonly clientId: string; readonly refusal: Refusal }
  | { readonly type: 'clients-redirected'; readonly serverReference: string | undefined; readonly serverMoved: boolean }
  /** `records` undefined: the store could not be read. */
  | { readonly type: 'records-loaded'; readonly ticket: number; readonly records: readonly LoadedRecord[] | undefined }
  | { readonly type: 'grant-replaced'; readonly clientId: string; readonly grant: Grant }
  | { readonly type: 'rights-changed' }
  | { readonly type: 'broker-closing' }
  | ({ readonly type: 'pressure-measured' } & Measurement)
  | { readonly type: 'time-passed' }
