import type { Receiver } from '../receiver.ts'
import type { Sender, SenderResend } from '../sender.ts'
import { handleSenderEvent, type SenderAction } from '../sender-actions.ts'
import { handleReceiverEvent, type ReceiverAction } from '../receiver-actions.ts'
import { receiverSnapshot, senderSnapshot } from '../session-snapshot.ts'
import { ReceiverOutcome, SenderOutcome } from '../transitions.ts'
import {
  DeliveryFault,
  type DeliveryMachines,
  type DeliveryObserver,
  type TestMessage,
  type WirePacket,
} from './wire.ts'

const REFUSED = 0x97
/** Near the end, so that every simulation passes from 65,535 to 1. */
const LAST_PACKET_ID = 65_530

/** One end of the link: a Sender, a Receiver, and the messages that wait for quota. */
export abstract class Peer {
  readonly #machines: DeliveryMachines
  readonly #ownMaximum: number
  protected sender: Sender<TestMessage>
  protected receiver: Receiver
  protected readonly waiting: TestMessage[] = []
  protected readonly observer: DeliveryObserver
  #send: ((packet: WirePacket) => void) | undefined

  /** @param ownMaximum its own limit of messages in flight */
  constructor(machines: DeliveryMachines, ownMaximum: number, observer: DeliveryObserver) {
    this.#machines = machines
    this.#ownMaximum = ownMaximum
    this.observer = observer
    this.sender = machines.sender(ownMaximum, { lastPacketId: LAST_PACKET_ID, inFlight: [] })
    this.receiver = machines.receiver(65_535, { held: [] })
  }

  get outstanding(): number {
    return this.sender.outstanding
  }

  get held(): number {
    return this.receiver.held
  }

  get idle(): boolean {
    return this.outstanding === 0 && this.held === 0 && this.waiting.length === 0
  }

  /** Quota that is missing although nothing is in flight. */
  leakedQuota(peerMaximum: number): number {
    return Math.min(this.#ownMaximum, peerMaximum) - this.sender.quota + this.receiver.unacknowledged
  }

  publish(message: TestMessage): void {
    this.waiting.push(message)
    this.flush()
  }

  connect(send: (packet: WirePacket) => void, peerMaximum: number, announcedMaximum: number): void {
    this.#send = send
    this.opened(peerMaximum, announcedMaximum)
    this.flush()
  }

  cut(): void {
    this.#send = undefined
  }

  /** The process ends and starts again with what it had recorded, which is everything up to its last step. */
  crash(): void {
    this.cut()
    this.sender = this.#machines.sender(this.#ownMaximum, senderSnapshot(this.sender))
    this.receiver = this.#machines.receiver(65_535, receiverSnapshot(this.receiver))
  }

  receive(packet: WirePacket): void {
    this.observer.packetReceived(packet)
    this.received(packet)
    this.flush()
  }

  protected abstract opened(peerMaximum: number, announcedMaximum: number): void
  protected abstract received(packet: WirePacket): void
  protected abstract startMessage(message: TestMessage): boolean

  protected send(packet: WirePacket): void {
    this.observer.packetSent(packet)
    this.#send?.(packet)
  }

  /** Starts what waits, as far as the quota goes. */
  protected flush(): void {
    while (this.#send !== undefined) {
      const message = this.waiting[0]
      if (message === undefined || !this.startMessage(message)) return
      this.waiting.shift()
    }
  }
}

/** A peer on the numeric methods, as a broker's hot path uses them. */
export class NumericPeer extends Peer {
  protected opened(peerMaximum: number, announcedMaximum: number): void {
    this.sender.resume(peerMaximum)
    this.receiver.resume(announcedMaximum)
    this.#resend()
  }

  protected startMessage(message: TestMessage): boolean {
    const packetId = this.sender.start(message.qos, message)
    if (packetId === 0) return false
    this.send({ type: 'publish', packetId, dup: false, message })
    return true
  }

  protected received(packet: WirePacket): void {
    const { packetId } = packet
    switch (packet.type) {
      case 'publish':
        return this.#publish(packetId, packet.message)
      case 'pubrel':
        this.receiver.onPubrel(packetId)
        return this.send({ type: 'pubcomp', packetId, reasonCode: 0 })
      case 'puback':
        return this.#settle(packetId, this.sender.message(packetId), this.sender.onPuback(packetId, packet.reasonCode))
      case 'pubrec':
        return this.#settle(packetId, this.sender.message(packetId), this.sender.onPubrec(packetId, packet.reasonCode))
      case 'pubcomp':
        return this.#settle(packetId, this.sender.message(packetId), this.sender.onPubcomp(packetId, packet.reasonCode))
    }
  }

  #publish(packetId: number, message: TestMessage): void {
    const { qos, refused } = message
    const outcome = this.receiver.onPublish(qos, packetId)
    if (outcome === ReceiverOutcome.quotaExceeded)
      throw new DeliveryFault('QUOTA_EXCEEDED', `message ${message.serial}`)
    if (outcome === ReceiverOutcome.accept && !refused) {
      this.observer.messageDelivered(message)
      if (qos === 2) this.receiver.hold(packetId)
    }
    const reasonCode = outcome === ReceiverOutcome.accept && refused ? REFUSED : 0
    if (qos === 1 || reasonCode === REFUSED) this.receiver.acknowledged()
    this.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode })
  }

  #settle(packetId: number, message: TestMessage | undefined, outcome: number): void {
    if (outcome === SenderOutcome.violation) throw new DeliveryFault('PROTOCOL_VIOLATED', `identifier ${packetId}`)
    if (outcome === SenderOutcome.sendPubrel) return this.send({ type: 'pubrel', packetId, reasonCode: 0 })
    const refused = outcome === SenderOutcome.refused
    if (message !== undefined && (refused || outcome === SenderOutcome.completed))
      this.observer.messageSettled(message, refused)
    this.#resend()
  }

  #resend(): void {
    // One at a time: slices of any size give the same packets.
    for (let slice = this.sender.resends(1); slice.length > 0; slice = this.sender.resends(1)) {
      for (const resend of slice) this.#sendAgain(resend)
    }
  }

  #sendAgain(resend: SenderResend<TestMessage>): void {
    const { packetId } = resend
    if (resend.type === 'pubrel') return this.send({ type: 'pubrel', packetId, reasonCode: 0 })
    if (resend.message === undefined) throw new DeliveryFault('MESSAGE_LOST', `identifier ${packetId} has no message`)
    this.send({ type: 'publish', packetId, dup: resend.dup, message: resend.message })
  }
}

/** A peer on the action-returning face, as somebody uses it who imports this package alone. */
export class ActionPeer extends Peer {
  protected opened(peerMaximum: number, announcedMaximum: number): void {
    this.#perform(
      handleSenderEvent(this.sender, { type: 'connection-opened', receiveMaximum: peerMaximum, sessionPresent: true }),
    )
    this.#perform(
      handleReceiverEvent(this.receiver, {
        type: 'connection-opened',
        receiveMaximum: announcedMaximum,
        sessionPresent: true,
      }),
    )
  }

  protected startMessage(message: TestMessage): boolean {
    const actions = handleSenderEvent(this.sender, { type: 'publish-requested', qos: message.qos, message })
    if (actions.some(({ type }) => type === 'publish-deferred')) return false
    this.#perform(actions)
    return true
  }

  protected received(packet: WirePacket): void {
    const { packetId } = packet
    switch (packet.type) {
      case 'publish': {
        const { qos, refused } = packet.message
        const reasonCode = refused ? REFUSED : 0
        return this.#perform(
          handleReceiverEvent(this.receiver, { type: 'publish-received', qos, packetId, reasonCode }),
          packet.message,
        )
      }
      case 'pubrel':
        return this.#perform(handleReceiverEvent(this.receiver, { type: 'pubrel-received', packetId }))
      default:
        return this.#perform(
          handleSenderEvent(this.sender, { type: `${packet.type}-received`, packetId, reasonCode: packet.reasonCode }),
        )
    }
  }

  #perform(actions: readonly (SenderAction<TestMessage> | ReceiverAction)[], received?: TestMessage): void {
    for (const action of actions) this.#performOne(action, received)
  }

  #performOne(action: SenderAction<TestMessage> | ReceiverAction, received: TestMessage | undefined): void {
    switch (action.type) {
      case 'publish-sent': {
        const { packetId, dup, message } = action
        if (message === undefined) throw new DeliveryFault('MESSAGE_LOST', `identifier ${packetId} has no message`)
        return this.send({ type: 'publish', packetId, dup, message })
      }
      case 'puback-sent':
        return this.send({ type: 'puback', packetId: action.packetId, reasonCode: action.reasonCode })
      case 'pubrec-sent':
        return this.send({ type: 'pubrec', packetId: action.packetId, reasonCode: action.reasonCode })
      case 'pubrel-sent':
        return this.send({ type: 'pubrel', packetId: action.packetId, reasonCode: action.reasonCode })
      case 'pubcomp-sent':
        return this.send({ type: 'pubcomp', packetId: action.packetId, reasonCode: action.reasonCode })
      case 'message-routed':
        if (received !== undefined) this.observer.messageDelivered(received)
        return
      case 'message-completed':
      case 'message-refused':
        if (action.message !== undefined)
          this.observer.messageSettled(action.message, action.type === 'message-refused')
        return
      case 'connection-failed':
        throw new DeliveryFault(action.reasonCode === 0x93 ? 'QUOTA_EXCEEDED' : 'PROTOCOL_VIOLATED', 'a peer closes')
      case 'publish-deferred':
      case 'identifier-stored':
      case 'identifier-freed':
        return
    }
  }
}
