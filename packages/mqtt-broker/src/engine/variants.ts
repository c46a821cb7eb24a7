import type { ProtocolVersion } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { PublishRewriter } from '../core/publish-rewriter.ts'
import type { RoutedMessage } from '../core/routed-message.ts'

/** Two versions, four flags: more forms of one message than this are rare. */
const FORMS = 8

interface Form {
  serial: number
  /** The one in hand is overwritten by the next message: a copy that was kept of it has a frame of its own. */
  frame: PublishFrame | undefined
  key: number
  readonly rewriter: PublishRewriter
}

/**
 * Forms of the message in hand that several subscribers share: measured once per message and form, not per subscriber.
 * A form is only good while the message is: its serial says so.
 */
export class Variants {
  readonly #forms: Form[] = Array.from({ length: FORMS }, () => ({
    serial: 0,
    frame: undefined,
    key: 0,
    rewriter: new PublishRewriter(),
  }))
  #next = 0

  of(message: RoutedMessage, version: ProtocolVersion, firstByte: number, expirySeconds: number): PublishRewriter {
    const five = version === 5
    const key = (expirySeconds + 1) * 512 + (firstByte << 1) + (five ? 1 : 0)
    for (const form of this.#forms) {
      if (form.serial === message.serial && form.frame === message.frame && form.key === key) return form.rewriter
    }
    const form = this.#forms[this.#next]!
    this.#next = (this.#next + 1) % FORMS
    form.serial = message.serial
    form.frame = message.frame
    form.key = key
    form.rewriter.begin(message.frame, message.topicBytes, version, firstByte, undefined, 0, five ? expirySeconds : -1)
    return form.rewriter
  }
}
