import type { Message } from '@godwit/mqtt-client'
import { matches } from '@godwit/mqtt-topics'
import type { Ending } from '../connection/ending.ts'
import type { Connection } from '../connection/open.ts'
import type { PacketIdentifierRecord } from '../connection/packet-identifier-record.ts'
import { ExitCode } from '../exit-codes.ts'
import { isFormatFailure, messageBytes, write } from '../output/message-printer.ts'
import type { Terminal } from '../terminal.ts'
import type { SubPlan } from './sub-plan.ts'

/**
 * Prints messages and acknowledges them then: what was acknowledged has been printed. What comes after the last one that was asked for
 * is neither: it stays with the server, for the next who resumes this Session.
 */
export class MessageReceiver {
  readonly #plan: SubPlan
  readonly #connection: Connection
  readonly #packetIdentifiers: PacketIdentifierRecord
  readonly #ending: Ending
  readonly #terminal: Terminal
  #stopListening = (): void => undefined
  #accepted = 0

  constructor(
    plan: SubPlan,
    connection: Connection,
    packetIdentifiers: PacketIdentifierRecord,
    ending: Ending,
    terminal: Terminal,
  ) {
    this.#plan = plan
    this.#connection = connection
    this.#packetIdentifiers = packetIdentifiers
    this.#ending = ending
    this.#terminal = terminal
  }

  /** Also takes what no filter of ours asked for: left over from an earlier subscription of this Session. */
  listen(): void {
    // The client acknowledges such a message when the listener returns: by then `receive` has written it. Without a listener it keeps it.
    this.#stopListening = this.#connection.client.on('message', (message) => {
      this.receive(message).catch((error: unknown) => this.#ending.fail(error))
    })
    this.#ending.signal.addEventListener('abort', this.#stopListening)
  }

  /** Writes before it returns; resolves when the output has taken it and it has been acknowledged. */
  async receive(message: Message): Promise<void> {
    const packetId = this.#packetIdentifiers.take(message)
    if (this.#isOver) return
    const { retain, topicName } = message
    if (this.#plan.retainedOnly && !retain) {
      // The first live message says that the retained ones are through.
      this.#ending.finish(ExitCode.success)
      return
    }
    if (this.#isUnwanted(message)) {
      message.ack()
      return
    }
    this.#accepted++
    if (this.#isOver) this.#stopListening()
    const written = this.#print(message, packetId)
    if (!(await written)) return
    if (this.#plan.removeRetained && retain) await this.#connection.client.publish(topicName, '', { retain: true })
    message.ack()
    if (this.#isOver) this.#ending.finish(ExitCode.success)
  }

  get #isOver(): boolean {
    return this.#ending.signal.aborted || this.#accepted === this.#plan.count
  }

  #isUnwanted({ retain, topicName }: Message): boolean {
    if (retain && !this.#plan.retained) return true
    return this.#plan.filterOut.some((topicFilter) => matches(topicFilter, topicName))
  }

  /** False: the reader of the output is gone. */
  async #print(message: Message, packetId: number | undefined): Promise<boolean> {
    const { topicName, payload, qos, retain, properties } = message
    const receivedAt = this.#terminal.now()
    try {
      const bytes = messageBytes(
        { topicName, payload, qos, retain, properties, packetId, receivedAt },
        this.#plan.print,
      )
      if (bytes !== undefined) await write(this.#terminal.stdout, bytes)
      return true
    } catch (error) {
      if (!isFormatFailure(error)) return false
      this.#connection.warn(error.message)
      return true
    }
  }
}
