import type { UserProperty } from '@godwit/mqtt-codec'

/** Who a Client is, and what it may do. Answers are asked once per topic and remembered until the Grant is replaced. */
export interface Grant {
  /** The identity that a Session belongs to. Default: the User Name, or '' where there is none. */
  readonly principal?: string
  /** May it publish to this Topic Name? Default: yes. */
  canPublish?(topicName: string): boolean
  /** May it subscribe to this Topic Filter (of a Shared Subscription the inner one)? Default: yes. */
  canSubscribe?(topicFilter: string): boolean
  /** May it receive a message of this Topic Name? Default: yes. */
  canReceive?(topicName: string): boolean
}

/** A 'no' with its Reason Code (0x80 and above). */
export interface Refusal {
  readonly reasonCode: number
  /** In words, for 5.0 Clients that want problem information. */
  readonly reasonString?: string
  /** Sent with it, in this order. */
  readonly userProperties?: readonly UserProperty[]
  /** Where the Client is to go instead: for 0x9C and 0x9D, which only CONNACK and DISCONNECT have (§4.11). */
  readonly serverReference?: string
}
