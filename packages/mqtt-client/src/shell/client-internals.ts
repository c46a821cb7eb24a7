import { sendAtOnce } from '#fast-paths'
import type { ConnackPacket, DisconnectPacket } from '@godwit/mqtt-codec'
import { isTopicName } from '@godwit/mqtt-topics'
import type { ClientOptions, Target } from '../api/options.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import { IncomingMessages } from '../core/incoming.ts'
import { OutgoingMessages } from '../core/outgoing.ts'
import { Requests } from '../core/requests.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { Connector, type ConnectorHost } from './connector.ts'
import { Emitter } from './emitter.ts'
import { operation, type Settle } from './operation.ts'
import { toOutgoing } from './outgoing-item.ts'
import { Subscriptions } from './subscriptions.ts'
import { toBytes } from './values.ts'
import { Waiting } from './waiting.ts'

/** What a client is made of, and who waits for what. */
export class ClientInternals implements ConnectorHost {
  readonly target: Target
  readonly options: ClientOptions
  readonly transport: Transport
  readonly runtime: Runtime
  readonly failsFast: boolean
  readonly events = new Emitter()
  readonly outgoing: OutgoingMessages
  readonly incoming: IncomingMessages
  readonly requests: Requests
  readonly subscriptions = new Subscriptions(this)
  readonly connector: Connector
  /** Of the current or last connection. */
  lastConnack: ConnackPacket | undefined
  /** Closed, and nothing is left of any connection. */
  isGone = false
  readonly connecting = new Waiting<ConnackPacket>()
  readonly pings = new Waiting<number>()
  readonly closing = new Waiting<void>()
  /** Set while `close` waits for what is under way. */
  #leave: (() => void) | undefined
  #drainTimer: unknown

  constructor(target: Target, options: ClientOptions, transport: Transport, runtime: Runtime, failsFast: boolean) {
    this.target = target
    this.options = options
    this.transport = transport
    this.runtime = runtime
    this.failsFast = failsFast
    this.outgoing = new OutgoingMessages(options)
    this.incoming = new IncomingMessages(options, this.subscriptions)
    this.requests = new Requests(this.outgoing, (error) => void this.events.emit('error', error))
    this.connector = new Connector(this)
  }

  /** Closed, or closing: nothing new is sent. */
  isOver(): boolean {
    const { state } = this.connector
    return state === 'closing' || state === 'closed'
  }

  /** Of a client that is not closed or closing. */
  operation<T>(call: CallOptions | undefined, begin: (settle: Settle<T>) => (() => void) | void): Promise<T> {
    return operation(this.runtime, call, (settle) => (this.isOver() ? settle(new MqttError('CLOSED')) : begin(settle)))
  }

  publish(topicName: string, payload: Payload, call: PublishOptions = {}): Promise<PublishResult> {
    const { connector, outgoing, runtime } = this
    return (
      sendAtOnce(this, toBytes, topicName, payload, call) ??
      this.operation(call, (settle) => {
        if (!isTopicName(topicName)) return settle(new MqttError('INVALID_ARGUMENT', 'not a Topic Name'))
        if (!connector.online()) {
          if (call.offline === 'reject') return settle(new MqttError('OFFLINE'))
          if (call.offline ? call.offline === 'drop' : !call.qos) {
            connector.start()
            return settle(undefined, { reasonCode: 0, dropped: true })
          }
        }
        const now = runtime.now()
        const item = toOutgoing(topicName, payload, call, now, settle)
        connector.start()
        outgoing.publish(item, now)
        connector.arm()
        return () => outgoing.cancel(item)
      })
    )
  }

  /** Takes leave when nothing is under way any more, after `drainMs` in any case. Returns how to do it at once. */
  leaveIn(drainMs: number, disconnect: DisconnectPacket): () => void {
    const goNow = () => {
      this.#leave = undefined
      this.connector.leave(disconnect)
    }
    this.#leave = goNow
    this.#drainTimer ??= this.runtime.setTimer(goNow, drainMs)
    if (drainMs === 0) goNow()
    else this.moved()
    return goNow
  }

  connected({ sessionPresent }: ConnackPacket): void {
    this.subscriptions.online(sessionPresent)
  }
  ready(connack: ConnackPacket): void {
    this.lastConnack = connack
    this.events.emit('online', { connack, resumed: connack.sessionPresent })
    this.connecting.settle(undefined, connack)
  }
  pong(roundTripMs: number): void {
    this.pings.settle(undefined, roundTripMs)
  }
  moved(): void {
    if (!this.#leave) return
    const { outgoing, requests } = this
    const connection = this.connector.online()
    const underWay = outgoing.queued + outgoing.unacknowledged + requests.outstanding + (connection?.waitingBytes ?? 0)
    if (!connection || !underWay) this.#leave()
  }
  offline(error: MqttError): void {
    this.pings.settle(error)
  }
  closed(error: MqttError | undefined): void {
    const reason = error ?? new MqttError('CLOSED')
    this.runtime.clearTimer(this.#drainTimer)
    this.connecting.settle(reason)
    this.outgoing.rejectAll(reason)
    this.requests.rejectAll(reason)
    this.subscriptions.end(error)
  }
  gone(): void {
    this.isGone = true
    this.closing.settle()
  }
}
