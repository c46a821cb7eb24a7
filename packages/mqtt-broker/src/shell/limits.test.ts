import { once } from 'node:events'
import { connect } from 'node:net'
import { memoryPair } from '@godwit/mqtt-transport/memory'
import { testCertificates } from '../../../mqtt-transport/src/testing/index.ts'
import { expect, it } from 'vitest'
import { createBroker, STRICT_LIMITS } from '../index.ts'

it('limit closeTimeoutMs: the last bytes to a Client that does not read wait that long, and no longer', async () => {
  await using broker = createBroker({ limits: { closeTimeoutMs: 30 } })
  const [near, far] = memoryPair()
  const closed = new Promise<void>((resolve) => {
    near.open({ onData() {}, onDrain() {}, onClose: () => resolve() })
  })
  near.pause()
  broker.attach(far)
  near.write(Uint8Array.of(0xe0, 0))
  await closed
  expect(broker.counters.limitsMet.closeTimeoutMs).toBe(1)
})

it('limit tlsHandshakeTimeoutMs: a handshake that does not end in time is cut', async () => {
  await using broker = createBroker({ limits: { tlsHandshakeTimeoutMs: 30 } })
  const { port } = await broker.listen({ url: 'mqtts://127.0.0.1:0', tls: testCertificates.server })
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'close')
  expect(broker.counters.limitsMet.tlsHandshakeTimeoutMs).toBe(1)
})

it('limit acceptsPerSecondPerAddress: the strict preset over real sockets', async () => {
  await using broker = createBroker({ limits: { ...STRICT_LIMITS, acceptBurstPerAddress: 2 } })
  const { port } = await broker.listen('mqtt://127.0.0.1:0')
  const sockets = [1, 2, 3].map(() => connect(port, '127.0.0.1').on('error', () => {}))
  await once(sockets[2]!, 'close')
  expect([broker.counters.limitsMet.acceptsPerSecondPerAddress, broker.counters.connections]).toEqual([1, 2])
  for (const socket of sockets) socket.destroy()
})
