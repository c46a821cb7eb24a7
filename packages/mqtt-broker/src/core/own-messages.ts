import { routeMessage } from './router.ts'
import type { Core } from './context.ts'
import { messageFromPacket } from './routed-message.ts'
import type { Session } from './session.ts'

/**
 * Publishes a message that came in no PUBLISH: a Will, or the embedding program's. `bytes` is its 5.0 PUBLISH. `from` is
 * whose No Local subscriptions it does not reach.
 */
export const publishOwn = (core: Core, bytes: Uint8Array, topicName: string, from: Session | undefined): void => {
  core.records.touched = 0
  const entry = core.index.entry(topicName)
  const message = messageFromPacket(bytes, topicName, entry.bytes, core.now, core.nextSerial++)
  message.publisherHash = from?.hash ?? 0
  core.observation?.messagePublished(undefined, message)
  if (message.frame.retain && core.settings.retainAvailable && !core.retained.retain(message)) {
    core.counters.messagesDropped['retained-limit']++
  }
  routeMessage(core, entry.resolved, message, from)
}
