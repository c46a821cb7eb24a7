import type { RetainedStep, Sent } from './checks.ts'
import { CrashClient, type CrashClientOptions } from './crash-client.ts'
import type { Random } from '@godwit/vitest-preset/random'

/** Sends numbered messages: one stream for each QoS, and retained messages to topics of its own. */
export class Publisher {
  readonly client: CrashClient
  readonly streams: readonly Sent[]
  readonly retained = new Map<string, RetainedStep[]>()
  /** Messages that the broker has taken over. */
  acknowledged = 0
  #values = 0

  constructor(name: string, version: CrashClientOptions['version']) {
    this.client = new CrashClient({ clientId: name, version, durable: true })
    this.streams = ([0, 1, 2] as const).map((qos) => ({
      topicName: `count/${name}/${qos}`,
      qos,
      sent: 0,
      judged: 0,
      acknowledged: new Set<number>(),
    }))
    for (const qos of [1, 2] as const) this.retained.set(`keep/${name}/${qos}`, [])
  }

  /** One message of any kind. */
  step(random: Random): void {
    if (random.percent(15)) this.#retain(random)
    else this.count(random.one(this.streams), random.percent(10) ? random.whole(300, 4_000) : random.whole(0, 60))
  }

  /** The next number of a stream, with so many bytes behind it. */
  count(stream: Sent, padding: number): void {
    const number = ++stream.sent
    const payload = `${number} ${'.'.repeat(padding)}`
    this.client.publish(stream.topicName, payload, stream.qos, false, () => {
      this.acknowledged++
      stream.acknowledged.add(number)
    })
  }

  /** Each topic has one QoS, since messages of two are in no order [MQTT-4.6.0-6]. */
  #retain(random: Random): void {
    const [topicName, steps] = random.one([...this.retained])
    const value = random.percent(15) ? undefined : `value ${++this.#values}`
    const step: RetainedStep = { value, acknowledged: false }
    steps.push(step)
    const acknowledged = (): void => void this.acknowledged++
    const qos = topicName.endsWith('1') ? 1 : 2
    this.client.publish(topicName, value ?? '', qos, true, acknowledged, () => (step.acknowledged = true))
  }
}
