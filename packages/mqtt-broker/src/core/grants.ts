import type { Grant } from '../ports/grant.ts'
import type { Core } from './context.ts'
import { forgetRights } from './rights.ts'
import type { Session } from './session.ts'
import { endSubscription } from './subscriptions.ts'

/** Other rights than before: subscriptions without a right end, every remembered answer is asked for again. */
export const replaceGrant = (core: Core, session: Session, grant: Grant): void => {
  session.grant = grant
  if (session.connection !== undefined) {
    session.connection.grant = grant
    forgetRights(session.connection)
  }
  for (const subscription of [...(session.subscriptions?.values() ?? [])]) {
    if (mayStillSubscribe(core, grant, subscription.matchedFilter)) core.index.invalidate(subscription.matchedFilter)
    else endSubscription(core, subscription)
  }
}

/** The Grants answer differently than before: every Session, connected or not, is asked anew. */
export const recheckRights = (core: Core): void => {
  for (const session of core.sessions.values()) replaceGrant(core, session, session.grant)
}

const mayStillSubscribe = (core: Core, grant: Grant, matchedFilter: string): boolean => {
  try {
    return grant.canSubscribe === undefined || grant.canSubscribe(matchedFilter) === true
  } catch (error) {
    core.logger.error({ error }, 'a check of the right to subscribe threw: refused')
    return false
  }
}
