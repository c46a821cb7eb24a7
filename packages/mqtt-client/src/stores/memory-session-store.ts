import type { SessionStore } from '../ports/session-store.ts'
import { apply, newSessionState, recordOf, type SessionState } from './session-state.ts'

/**
 * Keeps Sessions in memory: they outlive the client object, not the process. Give the same store to the next client of the same
 * Client Identifier. It also shows what a durable store has to do.
 */
export function memorySessionStore(): SessionStore {
  const sessions = new Map<string, SessionState>()
  let session: SessionState | undefined
  return {
    async load(clientId) {
      const known = sessions.get(clientId)
      session = known ?? newSessionState()
      sessions.set(clientId, session)
      return known && recordOf(known)
    },
    async commit(operations) {
      if (session) for (const operation of operations) apply(session, operation)
    },
    async close() {},
  }
}
