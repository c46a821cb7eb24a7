import { Receiver, Sender } from '@godwit/mqtt-qos'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Grant } from '../ports/grant.ts'
import type { Connection } from './connection.ts'
import type { Deadline } from './deadlines.ts'
import { OutboundQueue } from './outbound-queue.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { CommitNumber } from './output.ts'
import type { Replay } from './retained-replays.ts'
import type { SharedGroup } from './shared-group.ts'
import type { StoredQueue } from './stored-queue.ts'
import type { Subscription } from './subscription.ts'
import type { PendingWill } from './wills.ts'

/** Session State of one Client Identifier (§4.1). It outlives its connections where its expiry interval says so. */
export class Session {
  readonly clientId: string
  /** Of the Client Identifier: the same on every broker and after every restart. */
  readonly hash: number
  /** Whose it is: another principal is refused. */
  readonly principal: string
  sender: Sender<QueuedMessage>
  readonly receiver: Receiver
  /** What waits in memory: everything, or where there is a `stored` queue, QoS 0 only. */
  readonly queue = new OutboundQueue()
  /** Where it is written down: what waits in the store. Undefined: it ends with its connection, or with the process. */
  stored: StoredQueue | undefined
  subscriptions: Map<string, Subscription> | undefined
  groups: Set<SharedGroup> | undefined
  connection: Connection | undefined
  /** Its Client as it was when it last connected. */
  info: ClientInfo | undefined
  grant: Grant
  /** Seconds; Infinity: never. 0: it ends with its connection. */
  expiryIntervalSeconds = 0
  /** The newest commit that holds anything of this Session: its acknowledgements wait for it. */
  staged: CommitNumber = 0
  /** The commit of its own record: that its Will has been published waits for it. */
  recorded: CommitNumber = 0
  will: PendingWill | undefined
  /** Armed while the Session waits for its Client. */
  expiry: Deadline | undefined
  /** Retained messages that new subscriptions are still owed. */
  replays: Replay[] | undefined
  ended = false

  constructor(clientId: string, principal: string, grant: Grant, sendLimit: number, receiveMaximum: number) {
    this.clientId = clientId
    this.hash = hashOf(clientId)
    this.principal = principal
    this.grant = grant
    this.sender = new Sender<QueuedMessage>({ receiveMaximum: sendLimit })
    this.receiver = new Receiver({ receiveMaximum })
  }

  /** Messages in flight are kept for a resend only where there can be one. */
  get outlivesConnection(): boolean {
    return this.expiryIntervalSeconds > 0
  }
}

/** FNV-1a of the units of a string: no secret, it only spreads. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** A number of two hashes in which each bit of either counts. */
export const mixed = (one: number, other: number): number => {
  let hash = Math.imul(one ^ Math.imul(other, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
