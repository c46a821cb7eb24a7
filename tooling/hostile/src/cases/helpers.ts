import { readAcknowledgement, readCodes, readConnack, TYPES } from '../wire/frames.ts'
import type { ConnectFields, Version } from '../wire/packets.ts'
import { type FilterFields, publish, type PublishFields, subscribe } from '../wire/packets.ts'
import { Unmet, type WireClient } from '../wire/wire-client.ts'
import type { Trial } from '../run/trial.ts'

export const BOTH: readonly Version[] = [4, 5]

/** A Client with subscriptions, whose SUBACK has come. */
export const subscribed = async (
  trial: Trial,
  version: Version,
  filters: string | readonly FilterFields[],
  fields: Partial<Omit<ConnectFields, 'version'>> = {},
): Promise<WireClient> => {
  const client = await trial.connected(version, fields)
  await addSubscriptions(client, filters)
  return client
}

export const addSubscriptions = async (
  client: WireClient,
  filters: string | readonly FilterFields[],
): Promise<readonly number[]> => {
  client.send(subscribe(client.version, 99, typeof filters === 'string' ? [[filters, 0]] : filters))
  const { codes } = readCodes(await client.expect('suback'), client.version)
  const refused = codes.find((code) => code >= 0x80)
  if (refused !== undefined) throw new Unmet(`a subscription was refused with ${refused}`)
  return codes
}

/** Publishes, and waits for what the QoS promises. */
export const published = async (
  client: WireClient,
  fields: Omit<PublishFields, 'version'>,
): Promise<number | undefined> => {
  const { version } = client
  client.send(publish({ version, ...fields }))
  if (fields.qos === undefined || fields.qos === 0) return undefined
  const { code } = readAcknowledgement(await client.expect(fields.qos === 1 ? 'puback' : 'pubrec'), version)
  return code
}

/** So many messages, and nothing else: their payloads. */
export const payloads = async (client: WireClient, count: number, timeoutMs?: number): Promise<string[]> => {
  const found: string[] = []
  while (found.length < count) found.push((await client.expectPublish(timeoutMs)).payload.toString())
  return found
}

/** Nothing has come that is a message. */
export const silent = async (trial: Trial, client: WireClient, what: string): Promise<void> => {
  const messages = (await client.ping()).filter(({ type }) => type === TYPES.publish)
  trial.equal(messages.length, 0, what)
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until something is so, and says whether it became so. */
export const becomes = async (so: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> => {
  const by = performance.now() + milliseconds
  while (!(await so())) {
    if (performance.now() > by) return false
    await pause(5)
  }
  return true
}

/** The answer to a CONNECT: its code, or that there was none. */
export const answerTo = async (client: WireClient): Promise<number | 'closed'> => {
  const frame = await client.next(4_000).catch(() => undefined)
  return frame === undefined || frame.type !== 2 ? 'closed' : readConnack(frame, client.version).code
}

/** The Reason Codes of the next SUBACK or UNSUBACK. */
export const codesOf = async (client: WireClient, type: 'suback' | 'unsuback' = 'suback'): Promise<readonly number[]> =>
  readCodes(await client.expect(type), client.version).codes
