import type { Client } from './api/client.ts'
import type { Message } from './api/message.ts'
import type { PublishOptions } from './api/publish.ts'
import type { CallOptions, Payload } from './api/structural.ts'
import type { SubscribeOptions, Subscription } from './api/subscription.ts'
import { MqttError } from './errors.ts'

export interface RequestOptions extends Omit<PublishOptions, 'correlationData' | 'until'> {
  /** QoS of the subscription to the answers. Default: that of the request. */
  readonly responseQos?: 0 | 1 | 2 | undefined
}

/** The answers of one client come to one Topic Name of its own, and Correlation Data tells them apart. */
interface Answers {
  readonly subscription: Promise<Subscription>
  readonly waiting: Map<string, (message: Message) => void>
  next: number
}

const answersOf = new WeakMap<Client, Map<string, Answers>>()

/**
 * Publishes and waits for the answer: Response Topic and Correlation Data (5.0 section 4.10). Without `responseTopic` the answers come to
 * one below the server's Response Information, or below `response/`, and the Client Identifier.
 *
 * @throws MqttError what `publish` and `subscribe` throw; `TIMEOUT` and `ABORTED` where the answer does not come
 */
export async function request(
  client: Client,
  topicName: string,
  payload: Payload,
  options: RequestOptions & CallOptions = {},
): Promise<Message> {
  const { signal, timeoutMs, responseQos = options.qos ?? 0, ...publishing } = options
  const connack = await client.connect({ signal, timeoutMs })
  if (client.server?.version !== 5) throw new MqttError('NOT_SUPPORTED', 'request needs MQTT 5.0')
  const base = connack.properties?.responseInformation ?? 'response'
  const responseTopic = options.responseTopic ?? `${base.replace(/\/$/, '')}/${client.clientId}`
  const answers = listen(client, responseTopic, responseQos)
  await answers.subscription
  // Eight bytes: a number that no earlier request of this client had.
  const correlationData = new Uint8Array(8)
  new DataView(correlationData.buffer).setFloat64(0, ++answers.next)
  const key = String(correlationData)
  const { promise, resolve, reject } = withResolvers<Message>()
  answers.waiting.set(key, resolve)
  const abort = () => reject(new MqttError('ABORTED', 'the request was aborted', { cause: signal?.reason }))
  const late = () => reject(new MqttError('TIMEOUT', `no answer within ${timeoutMs} ms`, { retryable: true }))
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
  const off = client.on('state', ({ state }) => {
    if (state === 'closed') reject(new MqttError('CLOSED', 'the client is closed'))
  })
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  try {
    const sent = client.publish(topicName, payload, { ...publishing, responseTopic, correlationData, signal })
    sent.catch(reject)
    return await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    off()
    answers.waiting.delete(key)
  }
}

/**
 * Answers requests: what the handler returns goes to the Response Topic of the message, with its Correlation Data and QoS. A message
 * without a Response Topic is handled and not answered; a handler that throws answers nothing and leaves QoS 1 and 2 unacknowledged.
 */
export function respond<const F extends string>(
  client: Client,
  topicFilters: F | readonly F[],
  handler: (message: Message<F>) => Payload | Promise<Payload>,
  options: SubscribeOptions & CallOptions = {},
): Promise<Subscription<F>> {
  const answer = async (message: Message<F>) => {
    const payload = await handler(message)
    if (message.properties.responseTopic) await message.reply(payload, { qos: message.qos })
  }
  return client.subscribe(topicFilters, answer, options)
}

function listen(client: Client, responseTopic: string, qos: 0 | 1 | 2): Answers {
  const all = answersOf.get(client) ?? new Map<string, Answers>()
  answersOf.set(client, all)
  const known = all.get(responseTopic)
  if (known) return known
  const waiting = new Map<string, (message: Message) => void>()
  const subscription = client.subscribe(
    responseTopic,
    (message) => waiting.get(String(message.properties.correlationData))?.(message),
    { qos },
  )
  const answers = { subscription, waiting, next: 0 }
  all.set(responseTopic, answers)
  // A subscription that failed is tried again by the next request.
  subscription.catch(() => all.delete(responseTopic))
  return answers
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
