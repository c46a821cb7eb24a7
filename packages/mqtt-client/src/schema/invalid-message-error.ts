import type { Message } from '../api/message.ts'
import type { Issue } from './standard-schema.ts'

const brand = Symbol.for('godwit.InvalidMessageError')

/** A message came whose payload is not what the schema says. */
export class InvalidMessageError extends Error {
  readonly code = 'INVALID_MESSAGE'
  /** As it came. `subscribe` has refused it already, then acknowledging it does nothing. */
  readonly received: Message
  /** What is wrong, in the words of the schema. One, with a `cause`, where the payload could not even be decoded. */
  readonly issues: readonly Issue[]

  constructor(received: Message, issues: readonly Issue[], cause?: unknown) {
    const [first] = issues
    const place = first?.path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    super(`${received.topicName}: ${place ? `${place}: ` : ''}${first?.message ?? 'refused by the schema'}`, { cause })
    this.name = 'InvalidMessageError'
    this.received = received
    this.issues = issues
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for an InvalidMessageError of any installed copy of this package. */
  static isInstance(value: unknown): value is InvalidMessageError {
    return typeof value === 'object' && value !== null && brand in value
  }
}
