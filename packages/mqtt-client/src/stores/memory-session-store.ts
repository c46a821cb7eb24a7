import type { SessionStore, StoredOutgoing } from '../ports/session-store.ts'

/**
 * Keeps Sessions in memory: they outlive the client object, not the process. Give the same store to the next client of the same
 * Client Identifier. It also shows what a durable store has to do.
 */
export function memorySessionStore(): SessionStore {
  const sessions = new Map<string, { outgoing: Map<number, StoredOutgoing>; incoming: Set<number> }>()
  let session: { outgoing: Map<number, StoredOutgoing>; incoming: Set<number> } | undefined
  const change = (sequence: number, fields: Partial<StoredOutgoing>) => {
    const record = session?.outgoing.get(sequence)
    if (record) session?.outgoing.set(sequence, { ...record, ...fields })
  }
  return {
    async load(clientId) {
      const known = sessions.get(clientId)
      session = known ?? { outgoing: new Map(), incoming: new Set() }
      sessions.set(clientId, session)
      return (
        known && {
          outgoing: [...known.outgoing.values()].sort((a, b) => a.sequence - b.sequence),
          incoming: [...known.incoming],
        }
      )
    },
    async commit(operations) {
      for (const operation of operations) {
        switch (operation.type) {
          case 'outgoing-put': {
            const { sequence, message } = operation
            // The caller may use its payload's memory again.
            const kept = { ...message, payload: message.payload.slice() }
            session?.outgoing.set(sequence, { sequence, message: kept, packetId: 0, released: false })
            break
          }
          case 'outgoing-sent':
            change(operation.sequence, { packetId: operation.packetId })
            break
          case 'outgoing-released':
            change(operation.sequence, { released: true })
            break
          case 'outgoing-delete':
            session?.outgoing.delete(operation.sequence)
            break
          case 'incoming-put':
            session?.incoming.add(operation.packetId)
            break
          case 'incoming-delete':
            session?.incoming.delete(operation.packetId)
            break
          case 'incoming-clear':
            session?.incoming.clear()
        }
      }
    },
    async close() {},
  }
}
