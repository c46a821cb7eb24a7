import type { PublishProperties } from '@godwit/mqtt-codec'
import { AWAITING_PUBACK, AWAITING_PUBCOMP, AWAITING_PUBREC } from '@godwit/mqtt-qos'
import type { Outgoing } from './core/outgoing.ts'
import type { Journal, JournalledSession } from './ports/journal.ts'
import type { SessionStore, StoredOutgoing, StoreOperation } from './ports/session-store.ts'

export type { Journal } from './ports/journal.ts'
export type {
  SessionRecord,
  SessionStore,
  StoredMessage,
  StoredOutgoing,
  StoreOperation,
} from './ports/session-store.ts'
export { memorySessionStore } from './stores/memory-session-store.ts'

interface Entry {
  readonly type: StoreOperation['type']
  readonly item: Outgoing | undefined
  readonly packetId: number
}

/**
 * Keeps the client's half of a Session in a store, for the option `store` of one client: what waits and what is unacknowledged outlives the
 * client object. Everything that one turn changes is one commit, and nothing leaves before what it depends on is durable.
 */
export function journal(store: SessionStore): Journal {
  const sequences = new Map<Outgoing, number>()
  let lastSequence = 0
  let entries: Entry[] = []
  let callbacks: (() => void)[] = []
  let committing: Promise<void> | undefined
  let session: JournalledSession | undefined

  const operationOf = ({ type, item, packetId }: Entry, of: JournalledSession): StoreOperation | undefined => {
    if (type === 'incoming-clear') return { type }
    if (type === 'incoming-put' || type === 'incoming-delete') return { type, packetId }
    if (!item) return undefined
    if (type === 'outgoing-put') {
      const { topicName, payload, qos, retain, properties } = item.packet
      const sequence = ++lastSequence
      const expiresAtMs = item.expiresAt === Infinity ? undefined : of.wallNow + item.expiresAt - of.now
      sequences.set(item, sequence)
      return {
        type,
        sequence,
        message: { topicName, payload, qos, retain, properties: propertiesOf(properties), expiresAtMs },
      }
    }
    const sequence = sequences.get(item)
    if (sequence === undefined) return undefined
    if (type !== 'outgoing-delete') return { type, sequence, packetId }
    sequences.delete(item)
    return { type, sequence }
  }

  const commit = () => {
    const of = session
    // What is published before the store was read is recorded behind what it kept.
    if (!of || entries.length === 0) return undefined
    const operations = entries.flatMap((entry) => operationOf(entry, of) ?? [])
    const told = callbacks
    entries = []
    callbacks = []
    const end = () => {
      committing = undefined
      for (const callback of told) callback()
    }
    return (committing = store.commit(operations).then(end))
  }
  const isCommitted = () => entries.length === 0 && !committing

  return {
    get isCommitted() {
      return isCommitted()
    },

    async open(opening) {
      const record = await store.load(opening.clientId)
      opening.restore(
        (record?.outgoing ?? []).map((stored) => {
          const item = outgoingOf(stored, opening)
          sequences.set(item, stored.sequence)
          lastSequence = Math.max(lastSequence, stored.sequence)
          return item
        }),
      )
      for (const packetId of record?.incoming ?? []) opening.hold(packetId)
      session = opening
      if (entries.length > 0) opening.changed()
    },

    record(type, item, packetId = 0) {
      entries.push({ type, item, packetId })
      session?.changed()
    },

    commit,

    whenCommitted(callback) {
      if (isCommitted()) callback()
      else callbacks.push(callback)
    },

    async close() {
      await committing?.catch(() => {})
      await commit()?.catch(() => {})
      await store.close()
    },
  }
}

function outgoingOf({ message, packetId, released }: StoredOutgoing, { now, wallNow }: JournalledSession): Outgoing {
  const { topicName, payload, qos, retain, properties, expiresAtMs = Infinity } = message
  const unreleased = qos === 1 ? AWAITING_PUBACK : AWAITING_PUBREC
  return {
    packet: { type: 'publish', topicName, payload, qos, retain, dup: false, ...(properties && { properties }) },
    queuedAt: now,
    expiresAt: now + expiresAtMs - wallNow,
    mayAlias: true,
    until: undefined,
    offline: undefined,
    settle() {},
    packetId,
    state: packetId === 0 ? 0 : released ? AWAITING_PUBCOMP : unreleased,
    isSent: packetId !== 0,
    isCounted: false,
  }
}

/** The properties alone: what an application publishes with has more in it, such as a signal, that no store can keep. */
function propertiesOf({
  payloadFormatIndicator,
  messageExpiryIntervalSeconds,
  contentType,
  responseTopic,
  correlationData,
  userProperties,
}: PublishProperties = {}): PublishProperties {
  return {
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
    ...(messageExpiryIntervalSeconds !== undefined && { messageExpiryIntervalSeconds }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData && { correlationData }),
    ...(userProperties && { userProperties }),
  }
}
