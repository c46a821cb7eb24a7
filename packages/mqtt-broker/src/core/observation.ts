import { decodeFrame, isDecodeFailure } from '@godwit/mqtt-codec'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Message } from '../ports/interceptor.ts'
import type { Logger } from '../ports/logger.ts'
import type { DropReason, Observer } from '../ports/observer.ts'
import type { RoutedMessage } from './routed-message.ts'

/** Tells every observer, and lets none of them disturb the core. */
export class Observation {
  readonly #observers: readonly Observer[]
  readonly #logger: Logger

  constructor(observers: readonly Observer[], logger: Logger) {
    this.#observers = observers
    this.#logger = logger
  }

  clientConnected(client: ClientInfo): void {
    this.#tell((observer) => observer.clientConnected?.(client))
  }

  clientGone(client: ClientInfo, reasonCode: number, reason: string): void {
    this.#tell((observer) => observer.clientGone?.(client, reasonCode, reason))
  }

  clientRefused(clientId: string, reasonCode: number, reason: string): void {
    this.#tell((observer) => observer.clientRefused?.(clientId, reasonCode, reason))
  }

  messagePublished(client: ClientInfo | undefined, message: RoutedMessage): void {
    const seen = asMessage(message)
    this.#tell((observer) => observer.messagePublished?.(client, seen))
  }

  messageDelivered(clientId: string, message: RoutedMessage): void {
    const seen = asMessage(message)
    this.#tell((observer) => observer.messageDelivered?.(clientId, seen))
  }

  messageDropped(clientId: string, message: RoutedMessage, reason: DropReason): void {
    const seen = asMessage(message)
    this.#tell((observer) => observer.messageDropped?.(clientId, seen, reason))
  }

  #tell(tell: (observer: Observer) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer)
      } catch (error) {
        this.#logger.error({ error }, 'an observer threw')
      }
    }
  }
}

/** The object form of a message, for those who look at it. Its payload is a view. */
export const asMessage = (message: RoutedMessage): Message => {
  const { frame, topicName } = message
  const base = { topicName, payload: message.payload, qos: frame.qos, retain: frame.retain }
  if (frame.propertiesAt === -1) return base
  const bodyStart = frame.topicStart - 2
  const packet = decodeFrame(frame.bytes, frame.start, bodyStart, frame.end, frame.version)
  if (isDecodeFailure(packet) || packet.type !== 'publish' || packet.properties === undefined) return base
  const { topicAlias: _, ...properties } = packet.properties
  return { ...base, properties }
}
