import { connect } from '@godwit/mqtt-client'

/** What a page is asked to do. */
export interface Assignment {
  readonly url: string
  readonly version: 4 | 5
  /** Keeps the topics of several pages apart. */
  readonly name: string
}

/** Publishes at QoS 0, 1 and 2 and gives what came back, `topic payload qos` each, in the order in which it came. */
export const roundTrips = async ({ url, version, name }: Assignment): Promise<readonly string[]> => {
  const client = await connect(url, { version, reconnect: false })
  try {
    const subscription = await client.subscribe(`${name}/#`, { qos: 2 })
    for (const qos of [0, 1, 2] as const) await client.publish(`${name}/${qos}`, `grüße ${qos}`, { qos })
    const seen: string[] = []
    for await (const message of subscription) {
      seen.push(`${message.topicName} ${message.text()} ${message.qos}`)
      if (seen.length === 3) break
    }
    return seen
  } finally {
    await client.close()
  }
}
