import { ReasonCode } from '@godwit/mqtt-codec'
import type { Core } from './context.ts'
import type { Violation } from './refusals.ts'
import type { Settings } from './settings.ts'

/** Where all Clients are sent, for a while or for good (§4.11). */
export const redirectionOf = (settings: Pick<Settings, 'serverReference' | 'serverMoved'>): Violation | undefined => {
  const { serverReference, serverMoved } = settings
  if (serverReference === undefined) return undefined
  return serverMoved
    ? { reasonCode: ReasonCode.ServerMoved, reason: 'the server has moved', serverReference }
    : { reasonCode: ReasonCode.UseAnotherServer, reason: 'use another server', serverReference }
}

/** Where a Client is to go instead: beside 0x9C and 0x9D, and beside nothing else. */
export const serverReferenceFor = (
  core: Core,
  reasonCode: number,
  serverReference: string | undefined = core.redirection?.serverReference,
): { readonly serverReference?: string } => {
  const elsewhere = reasonCode === ReasonCode.UseAnotherServer || reasonCode === ReasonCode.ServerMoved
  return elsewhere && serverReference !== undefined ? { serverReference } : {}
}
