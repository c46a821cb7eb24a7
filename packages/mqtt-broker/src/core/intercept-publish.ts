import { ReasonCode, encode } from '@godwit/mqtt-codec'
import { isTopicRefusal, parseTopicName } from '@godwit/mqtt-topics'
import type { Message } from '../ports/interceptor.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { ask } from './interceptors.ts'
import { asMessage } from './observation.ts'
import { accept, refuse } from './accept-publish.ts'
import type { Violation } from './refusals.ts'
import type { RoutedMessage } from './routed-message.ts'
import { messageFromPacket } from './routed-message.ts'

/** Asks every interceptor in order, then goes on with what is left of the message: rights are checked after rewrites. */
export const intercept = (core: Core, connection: Connection, message: RoutedMessage): Violation | undefined => {
  const info = connection.info
  const original = asMessage(message)
  let current = original
  for (const interceptor of core.interceptors) {
    const verdict = ask(core, interceptor, () => interceptor.publish?.(info, current))
    if (verdict === undefined) continue
    if ('reasonCode' in verdict) {
      refuse(core, connection, message, 'refused-by-interceptor', verdict)
      return undefined
    }
    current = verdict
  }
  if (current === original) return accept(core, connection, message, core.index.entry(message.topicName))
  if (isTopicRefusal(parseTopicName(current.topicName))) {
    core.logger.error(
      { topicName: current.topicName },
      'an interceptor rewrote a topic to something that is none: refused',
    )
    refuse(core, connection, message, 'refused-by-interceptor', NO_TOPIC)
    return undefined
  }
  return accept(core, connection, rewritten(core, current, message), core.index.entry(current.topicName))
}

const NO_TOPIC = { reasonCode: ReasonCode.ImplementationSpecificError } as const

/** The rewritten message in the publisher's own QoS and identifier, which its acknowledgement is about. */
const rewritten = (core: Core, message: Message, original: RoutedMessage): RoutedMessage => {
  const { frame } = original
  const { topicName } = message
  const bytes = encode(
    {
      type: 'publish',
      topicName,
      payload: message.payload,
      qos: frame.qos,
      retain: message.retain,
      dup: false,
      ...(frame.qos > 0 && { packetId: frame.packetId }),
      properties: message.properties ?? {},
    },
    5,
  )
  const next = messageFromPacket(bytes, topicName, core.index.entry(topicName).bytes, core.now, core.nextSerial++)
  next.publisherHash = original.publisherHash
  return next
}
