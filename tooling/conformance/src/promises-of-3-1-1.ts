import { connect } from '@godwit/mqtt-client'
import { expect } from 'vitest'

/** A Client of any version that the server has speaks it, at QoS 0 and 1, and gets everything once. */
export async function deliversBothQualities(url: string, options: Parameters<typeof connect>[1] = {}): Promise<void> {
  await using client = await connect(url, options)
  expect(client.server?.version).toBe(4)
  const readings = await client.subscribe('site/+id', { qos: 1 })
  for (const [id, qos] of ([0, 1, 0, 1] as const).entries()) await client.publish(`site/${id}`, 'grüße', { qos })
  const seen: string[] = []
  for await (const message of readings) {
    seen.push(`${message.parameters.id} ${message.text()} ${message.qos}`)
    if (seen.length === 4) break
  }
  // Some servers keep QoS 1 in a stream of its own, so it may come after a later QoS 0.
  expect(seen.sort()).toEqual(['0 grüße 0', '1 grüße 1', '2 grüße 0', '3 grüße 1'])
}

/** What comes while a Client with a Session is away it gets when it is back. */
export async function resumesSession(url: string): Promise<void> {
  const options = { version: 4, cleanStart: false, sessionExpiryIntervalSeconds: 600, clientId: 'kept' } as const
  const first = await connect(url, options)
  await first.subscribe('kept/+id', { qos: 1 })
  await first.close()
  await using other = await connect(url, { version: 4 })
  await other.publish('kept/1', 'meanwhile', { qos: 1 })
  await using second = await connect(url, options)
  expect(second.server?.sessionPresent).toBe(true)
  const kept = await second.subscribe('kept/+id', { qos: 1 })
  expect((await kept.next()).text()).toBe('meanwhile')
}
