import type { QoS } from '@godwit/mqtt-codec'
import type { RoutedMessage } from './routed-message.ts'
import type { GroupOrigin } from './records/queued-record.ts'
import type { SharedGroup } from './shared-group.ts'

/** One message for one Session that could not be sent at once, or that may have to be sent again. */
export interface QueuedMessage {
  readonly message: RoutedMessage
  readonly qos: QoS
  readonly retain: boolean
  readonly identifiers: readonly number[] | undefined
  /** Where it came through a Shared Subscription: what is not acknowledged when the Session ends goes back there. */
  readonly group: SharedGroup | undefined
  /** Under which number and sequence the store has it, where it is written down for its group. */
  readonly origin?: GroupOrigin
}
