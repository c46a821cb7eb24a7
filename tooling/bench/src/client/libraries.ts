import { connect } from '@godwit/mqtt-client'
import { connectAsync, type IClientPublishOptions } from 'mqtt'

/** What is measured of a library, in the way in which it is fastest and a program would use it. */
export interface Library {
  open(url: string): Promise<LibraryClient>
}

export interface LibraryClient {
  /** Publishes so many messages, with so many at a time of which the end is not known. */
  publish(topicName: string, qos: 0 | 1, count: number, window: number): Promise<void>
  /** Resolves when it is subscribed; `each` gets every message, with its topic and payload read. */
  receive(topicFilter: string, each: (topicName: string, payload: Uint8Array) => void): Promise<void>
  /** Whatever was published has left when it resolves. */
  close(): Promise<void>
}

export const PAYLOAD_BYTES = 64
const PAYLOAD = new Uint8Array(PAYLOAD_BYTES).fill(0x78)

/** The usual way: so many loops, each of which waits for its message before it publishes the next. */
const loops = async (count: number, window: number, publish: () => Promise<unknown>): Promise<void> => {
  let begun = 0
  const loop = async () => {
    while (begun++ < count) await publish()
  }
  await Promise.all(Array.from({ length: window }, loop))
}

/** The same without promises. Some libraries call back inside the call, which must not become a recursion. */
const callbacks = (
  count: number,
  window: number,
  publish: (done: (error?: Error | null) => void) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let begun = 0
    let ended = 0
    let isFilling = false
    const fill = () => {
      if (isFilling) return
      isFilling = true
      while (begun < count && begun - ended < window) {
        begun++
        publish(done)
      }
      isFilling = false
    }
    const done = (error?: Error | null) => {
      if (error) return reject(error)
      if (++ended === count) resolve()
      else fill()
    }
    fill()
  })

const godwit = (isLoop: boolean): Library => ({
  async open(url) {
    const client = await connect(url, { version: 5 })
    return {
      publish(topicName, qos, count, window) {
        const options = { qos }
        return loops(count, window, () => client.publish(topicName, PAYLOAD, options))
      },
      async receive(topicFilter, each) {
        if (!isLoop) {
          await client.subscribe(topicFilter, ({ topicName, payload }) => each(topicName, payload))
          return
        }
        // A loop is behind where everything arrives at once: it gets every message here, not the newest thousand.
        const subscription = await client.subscribe(topicFilter, { overflow: 'backpressure' })
        void (async () => {
          for await (const { topicName, payload } of subscription) each(topicName, payload)
        })()
      },
      close: () => client.close(),
    }
  },
})

const mqttJs = (withPromises: boolean): Library => ({
  async open(url) {
    const client = await connectAsync(url, { protocolVersion: 5 })
    const payload = Buffer.from(PAYLOAD)
    return {
      publish(topicName, qos, count, window) {
        const options: IClientPublishOptions = { qos }
        return withPromises
          ? loops(count, window, () => client.publishAsync(topicName, payload, options))
          : callbacks(count, window, (done) => client.publish(topicName, payload, options, done))
      },
      async receive(topicFilter, each) {
        client.on('message', each)
        await client.subscribeAsync(topicFilter)
      },
      close: () => client.endAsync(),
    }
  },
})

export const LIBRARIES = {
  godwit: godwit(false),
  'godwit, for await': godwit(true),
  'MQTT.js, promises': mqttJs(true),
  'MQTT.js, callbacks': mqttJs(false),
} as const satisfies Readonly<Record<string, Library>>

export type LibraryName = keyof typeof LIBRARIES
