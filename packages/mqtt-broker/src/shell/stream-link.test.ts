import { performance } from 'node:perf_hooks'
import { encode } from '@godwit/mqtt-codec'
import type { ByteStream, ByteStreamHandler } from '@godwit/mqtt-transport'
import { expect, it, vi } from 'vitest'
import { createBroker } from './broker.ts'

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('a chunk whose handling fails holds up nobody that comes after it', async () => {
  await using broker = createBroker()
  let handler: ByteStreamHandler | undefined
  let writtenBytes = 0
  const write = (bytes: Uint8Array): true => ((writtenBytes += bytes.length), true)
  const stream: ByteStream = {
    peer: { transport: 'memory' },
    bufferedBytes: 0,
    open: (given) => void (handler = given),
    write,
    writeAll: (parts) => parts.every(write),
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => handler!.onClose({ clean: false }),
  }
  broker.attach(stream)
  const answered = async (bytes: Uint8Array): Promise<number> => {
    const before = writtenBytes
    handler!.onData(bytes)
    await turnOfTheLoop()
    return writtenBytes - before
  }
  const connect = encode(
    { type: 'connect', protocolVersion: 4, clientId: 'c', cleanStart: true, keepAliveSeconds: 0 },
    4,
  )
  expect(await answered(connect)).toBe(4)
  const ping = encode({ type: 'pingreq' }, 4)
  // Alone so often that turns end with their chunk.
  for (let count = 0; count < 8; count++) expect(await answered(ping)).toBe(2)
  const clock = vi.spyOn(performance, 'now').mockImplementationOnce(() => {
    throw new RangeError('no clock')
  })
  expect(() => handler!.onData(ping)).toThrow('no clock')
  clock.mockRestore()
  expect(await answered(ping)).toBe(2)
})
