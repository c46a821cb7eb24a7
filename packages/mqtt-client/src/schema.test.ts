import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Message } from './api/message.ts'
import type { MqttError } from './errors.ts'
import { InvalidMessageError, type StandardSchema, subscribe, validate, type ValidMessage } from './schema.ts'
import { online } from './testing/harness.ts'
import { publishPacket } from './testing/scripted-server.ts'
import { settle } from './testing/virtual-runtime.ts'

/** The same contract in three libraries: celsius is a number, `sensor` has a default. */
const READINGS = {
  zod: z.object({ celsius: z.number(), sensor: z.string().default('none') }),
  valibot: v.object({ celsius: v.number(), sensor: v.optional(v.string(), 'none') }),
  arktype: type({ celsius: 'number', sensor: "string = 'none'" }),
}
interface Reading {
  celsius: number
  sensor: string
}

const reading = (json: unknown, packetId = 1) => publishPacket('site/7', JSON.stringify(json), 1, packetId)

describe.each(Object.entries(READINGS))('a schema of %s', (_name, schema: StandardSchema<Reading>) => {
  it('gives its output as value, defaults included, and keeps what else a message has', async () => {
    const { client, server } = await online()
    const readings = await subscribe(client, 'site/+id', schema, { qos: 1 })
    server.last.send(reading({ celsius: 21.5 }))
    const message = await readings.next()
    expect(message.value).toEqual({ celsius: 21.5, sensor: 'none' })
    expect([message.parameters.id, message.text(), message.qos]).toEqual(['7', '{"celsius":21.5}', 1])
    await settle()
    expect(server.last.of('puback')).toEqual([expect.objectContaining({ packetId: 1 })])
  })

  it('refuses what is not its input: 0x83 to the server, its issues to the client, nothing to the handler', async () => {
    const { client, server } = await online()
    const errors: MqttError[] = []
    const seen: Reading[] = []
    client.on('error', (error) => errors.push(error))
    await subscribe(client, 'site/+id', schema, ({ value }) => void seen.push(value), { qos: 1 })
    server.last.send(reading({ celsius: 'warm' }, 1), reading({ celsius: 20 }, 2))
    await settle()
    expect(seen).toEqual([{ celsius: 20, sensor: 'none' }])
    expect(server.last.of('puback').map(({ packetId, reasonCode }) => [packetId, reasonCode])).toEqual([
      [1, 0x83],
      [2, 0],
    ])
    expect(errors).toMatchObject([{ code: 'HANDLER_FAILED', cause: { code: 'INVALID_MESSAGE' } }])
    const { cause } = errors[0]!
    if (!InvalidMessageError.isInstance(cause)) throw new TypeError('no InvalidMessageError')
    expect(cause.issues).toHaveLength(1)
    expect(cause.issues[0]?.path).toHaveLength(1)
    expect(cause.message).toMatch(/^site\/7: celsius: .*number/i)
    expect(cause.received.text()).toBe('{"celsius":"warm"}')
  })
})

describe('subscribe with a schema', () => {
  it('value has the type of the schema’s output, and the parameters those of the filter', async () => {
    const { client } = await online()
    const byZod = await subscribe(client, 'site/+id', READINGS.zod)
    const byValibot = await subscribe(client, 'site/+id', READINGS.valibot)
    const byArktype = await subscribe(client, 'site/+id', READINGS.arktype)
    expectTypeOf(byZod.next).returns.resolves.toHaveProperty('value').toEqualTypeOf<Reading>()
    expectTypeOf(byValibot.next).returns.resolves.toHaveProperty('value').toEqualTypeOf<Reading>()
    expectTypeOf(byArktype.next).returns.resolves.toHaveProperty('value').toEqualTypeOf<Reading>()
    expectTypeOf(byZod.next).returns.resolves.toExtend<ValidMessage<'site/+id', Reading>>()
    await subscribe(client, 'log/+level/#path', z.string().transform(Number), (message) => {
      expectTypeOf(message.value).toEqualTypeOf<number>()
      expectTypeOf(message.parameters).toHaveProperty('level').toEqualTypeOf<string>()
    })
    expectTypeOf<() => void>().not.toExtend<StandardSchema>()
  })

  it('a loop gets what is valid; onInvalid is told of the rest, which is refused', async () => {
    const { client, server } = await online()
    const told: string[] = []
    const onInvalid = ({ message }: InvalidMessageError): void => void told.push(message)
    const readings = await subscribe(client, 'site/+id', READINGS.zod, { qos: 1, onInvalid })
    server.last.send(
      reading({}, 1),
      publishPacket('site/8', '{', 1, 2),
      reading({ celsius: 1 }, 3),
      reading({ celsius: 2 }, 4),
    )
    const seen: number[] = []
    for await (const { value } of readings) {
      seen.push(value.celsius)
      if (seen.length === 2) break
    }
    await settle()
    expect(seen).toEqual([1, 2])
    expect(told).toHaveLength(2)
    expect(told[1]).toMatch(/^site\/8: not decoded: SyntaxError/)
    // The last one is still in hand: the loop never asked for more.
    expect(server.last.of('puback').map(({ packetId, reasonCode }) => [packetId, reasonCode])).toEqual([
      [1, 0x83],
      [2, 0x83],
      [3, 0],
    ])
  })

  it('without onInvalid next() rejects, and the next call gives the next message', async () => {
    const { client, server } = await online()
    const readings = await subscribe(client, 'site/+id', READINGS.valibot, { qos: 2 })
    server.last.send(publishPacket('site/1', '[]', 2, 1), publishPacket('site/2', '{"celsius":3}', 2, 2))
    await expect(readings.next()).rejects.toMatchObject({
      name: 'InvalidMessageError',
      received: { topicName: 'site/1' },
    })
    expect((await readings.next()).value.celsius).toBe(3)
    await settle()
    expect(server.last.of('pubrec').map(({ packetId, reasonCode }) => [packetId, reasonCode])).toEqual([
      [1, 0x83],
      [2, 0],
    ])
  })

  it('ack: manual leaves valid messages to the application and refuses the others all the same', async () => {
    const { client, server } = await online()
    const readings = await subscribe(client, 'site/+id', READINGS.zod, { qos: 1, ack: 'manual', onInvalid() {} })
    server.last.send(reading({}, 1), reading({ celsius: 1 }, 2))
    const message = await readings.next()
    await settle()
    expect(server.last.of('puback').map(({ packetId }) => packetId)).toEqual([1])
    message.ack()
    await settle()
    expect(server.last.of('puback').map(({ packetId }) => packetId)).toEqual([1, 2])
  })

  it('decode comes before the schema, and a schema may take its time', async () => {
    const { client, server } = await online()
    const even = z.string().refine(async (text) => Promise.resolve(Number(text) % 2 === 0), 'not even')
    const told: string[] = []
    const numbers = await subscribe(client, 'n', even, {
      decode: (message) => message.text().trim(),
      onInvalid: ({ issues }) => void told.push(...issues.map(({ message }) => message)),
    })
    server.last.send(publishPacket('n', ' 1 '), publishPacket('n', ' 2 '))
    expect((await numbers.next()).value).toBe('2')
    expect(told).toEqual(['not even'])
  })

  it('a schema that throws is a handler that throws: the message stays unacknowledged', async () => {
    const { client, server } = await online()
    const errors: MqttError[] = []
    client.on('error', (error) => errors.push(error))
    const broken: StandardSchema<string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate() {
          throw new TypeError('broken schema')
        },
      },
    }
    await subscribe(client, 'site/+id', broken, () => {}, { qos: 1 })
    server.last.send(reading({}))
    await settle()
    expect(errors).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'broken schema' } }])
    expect(server.last.of('puback')).toEqual([])
  })

  it('speaks for the Subscription below it, and ends with it', async () => {
    const { client, server } = await online()
    const readings = await subscribe(client, ['site/+id', 'b'], READINGS.zod, { bufferMessages: 1 })
    expect([readings.topicFilters, readings.reasonCodes, readings.active]).toEqual([['site/+', 'b'], [0, 0], true])
    readings.pause()
    server.last.send(publishPacket('b', '1'), publishPacket('b', '2'))
    await settle()
    expect([readings.buffered, readings.dropped]).toEqual([1, 1])
    readings.resume()
    const loop = (async () => {
      for await (const _ of readings);
      return 'ended'
    })()
    loop.catch(() => {})
    await expect(loop).rejects.toMatchObject({ code: 'INVALID_MESSAGE' })
    await readings[Symbol.asyncDispose]()
    expect(readings.active).toBe(false)
    await expect(readings.next()).rejects.toMatchObject({ code: 'CLOSED' })
    await readings.unsubscribe()
  })
})

describe('validate', () => {
  it('judges one message, such as an answer, and leaves it as it is', async () => {
    const { client, server } = await online()
    const answers = await client.subscribe('site/+id', { qos: 1, ack: 'manual' })
    server.last.send(reading({ celsius: 1 }), reading({}, 2))
    const value = await validate(await answers.next(), READINGS.arktype)
    expectTypeOf(value).toEqualTypeOf<Reading>()
    expect(value).toEqual({ celsius: 1, sensor: 'none' })
    const wrong: Message = await answers.next()
    await expect(validate(wrong, READINGS.arktype)).rejects.toBeInstanceOf(InvalidMessageError)
    await settle()
    expect(server.last.of('puback')).toEqual([])
    expect(InvalidMessageError.isInstance(new Error('other'))).toBe(false)
  })
})
