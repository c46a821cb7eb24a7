import type { SessionRecord, StoredOutgoing, StoreOperation } from '../ports/session-store.ts'

/** What a store knows of one Session, as its operations left it. */
export interface SessionState {
  readonly outgoing: Map<number, StoredOutgoing>
  readonly incoming: Set<number>
}

export const newSessionState = (): SessionState => ({ outgoing: new Map(), incoming: new Set() })

/** Carries out one operation. One that concerns a message that is not there does nothing: it was deleted. */
export function apply(state: SessionState, operation: StoreOperation): void {
  const { outgoing, incoming } = state
  const change = (sequence: number, fields: Partial<StoredOutgoing>) => {
    const record = outgoing.get(sequence)
    if (record) outgoing.set(sequence, { ...record, ...fields })
  }
  switch (operation.type) {
    case 'outgoing-put': {
      const { sequence, message } = operation
      // The caller may use its payload's memory again.
      const kept = { ...message, payload: message.payload.slice() }
      outgoing.set(sequence, { sequence, message: kept, packetId: 0, released: false })
      break
    }
    case 'outgoing-sent':
      change(operation.sequence, { packetId: operation.packetId, released: false })
      break
    case 'outgoing-released':
      change(operation.sequence, { packetId: operation.packetId, released: true })
      break
    case 'outgoing-delete':
      outgoing.delete(operation.sequence)
      break
    case 'incoming-put':
      incoming.add(operation.packetId)
      break
    case 'incoming-delete':
      incoming.delete(operation.packetId)
      break
    case 'incoming-clear':
      incoming.clear()
  }
}

/** The same state as what a client is given. */
export const recordOf = ({ outgoing, incoming }: SessionState): SessionRecord => ({
  outgoing: [...outgoing.values()].sort((a, b) => a.sequence - b.sequence),
  incoming: [...incoming],
})

/** The shortest way to the same state. */
export function* operationsTo({ outgoing, incoming }: SessionState): Generator<StoreOperation> {
  for (const { sequence, message, packetId, released } of outgoing.values()) {
    yield { type: 'outgoing-put', sequence, message }
    if (packetId === 0) continue
    yield { type: released ? 'outgoing-released' : 'outgoing-sent', sequence, packetId }
  }
  for (const packetId of incoming) yield { type: 'incoming-put', packetId }
}
