import type { ClientPlan, Operation } from '../plan.ts'

/** Somebody with all rights, who looks in the end at what is retained. */
export const AUDITOR: ClientPlan = {
  name: 'auditor',
  kind: 'raw',
  version: 5,
  principal: 'auditor',
  sessionExpiryIntervalSeconds: 0,
  receiveMaximum: 100,
  maximumPacketSizeBytes: undefined,
  topicAliasMaximum: 0,
  keepAliveSeconds: 0,
  will: undefined,
  acknowledgesAfterMs: 0,
  refusesOneIn: 0,
  reconnectsAfterMs: 10,
  conditions: { latencyMs: 1, jitterMs: 0, chunkBytes: Infinity, capacityBytes: 1_000_000 },
}

export const AUDIT: readonly Operation[] = ['#', '$x/#'].map((topicFilter) => ({
  at: 0,
  client: AUDITOR.name,
  type: 'subscribe',
  topicFilter,
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: undefined,
}))
