import fc from 'fast-check'
import { expect, it } from 'vitest'
import { connect } from '../index.ts'
import { SessionServer } from '../testing/session-server.ts'
import { settle, VirtualRuntime } from '../testing/virtual-runtime.ts'

type Step =
  | { do: 'publish'; qos: 1 | 2 }
  | { do: 'deliver'; qos: 1 | 2 }
  | { do: 'cut' }
  | { do: 'cut-after-received' | 'cut-after-sent'; packets: number }
  | { do: 'wait'; ms: number }

const qos = fc.constantFrom(1 as const, 2 as const)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('publish' as const), qos }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), qos }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('cut-after-received' as const, 'cut-after-sent' as const),
        packets: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 5_000 }) }) },
  ),
  { minLength: 1, maxLength: 25 },
)

/** Runs the steps, heals the link, waits until everything is settled. */
async function run(all: readonly Step[], each: (server: SessionServer) => void = () => {}) {
  const server = new SessionServer()
  const runtime = new VirtualRuntime()
  const client = await connect('mqtt://x', {
    clientId: 'me',
    sessionExpiryIntervalSeconds: 'never',
    transport: server.transport,
    runtime,
  })
  const handed: string[] = []
  await client.subscribe('in', async (message) => {
    handed.push(message.text())
    await Promise.resolve()
  })
  const published: Promise<unknown>[] = []
  /** Resolved before the last acknowledgement was sent. */
  const early: string[] = []
  const names = { 1: [] as string[], 2: [] as string[] }
  const delivered = { 1: [] as string[], 2: [] as string[] }
  for (const [index, step] of all.entries()) {
    if (step.do === 'publish') {
      const name = `${step.qos}-${index}`
      names[step.qos].push(name)
      const promise = client.publish('out', name, { qos: step.qos })
      published.push(
        promise.then(() => {
          if (!server.completed.has(name)) early.push(name)
        }),
      )
    } else if (step.do === 'deliver') {
      const name = `${step.qos}-${index}`
      delivered[step.qos].push(name)
      server.deliver(name, step.qos)
    } else if (step.do === 'cut') server.cut()
    else if (step.do === 'wait') await runtime.advance(step.ms)
    else if (step.do === 'cut-after-received') server.cutAfterReceived = step.packets
    else server.cutAfterSent = step.packets
    each(server)
    await settle()
  }
  server.cutAfterReceived = server.cutAfterSent = Infinity
  await runtime.advance(200_000)
  await Promise.all(published)
  const counts = (list: readonly string[], name: string) => list.filter((other) => other === name).length
  const stats = client.stats
  await client.close()
  return { server, runtime, early, handed, names, delivered, counts, stats }
}

it('I33 QoS 1 arrives at least once and QoS 2 exactly once, both ways, over a link that is cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { server, early, handed, names, delivered, counts, stats, runtime } = await run(all)
      expect(early).toEqual([])
      for (const name of names[1]) expect(counts(server.accepted, name)).toBeGreaterThanOrEqual(1)
      for (const name of names[2]) expect(counts(server.accepted, name)).toBe(1)
      for (const name of delivered[1]) expect(counts(handed, name)).toBeGreaterThanOrEqual(1)
      for (const name of delivered[2]) expect(counts(handed, name)).toBe(1)
      // I10 First arrivals are in the order of publishing, for each QoS.
      for (const level of [1, 2] as const) {
        const first = [...new Set(server.accepted.filter((name) => name.startsWith(`${level}-`)))]
        expect(first).toEqual(names[level])
      }
      expect(stats).toMatchObject({ queuedMessages: 0, unacknowledgedMessages: 0, unacknowledgedDeliveries: 0 })
      expect(server.undelivered).toBe(0)
      expect(runtime.timers.size).toBe(0)
    }),
    { numRuns: 150 },
  )
}, 60_000)

it('C9 I33 nothing is lost and everything settles where the server forgets the Session at any time', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 20 }), async (all, when) => {
      let count = 0
      const { server, names, counts, stats } = await run(all, (current) => {
        if (count++ === when) current.loseSession()
      })
      for (const name of [...names[1], ...names[2]]) expect(counts(server.accepted, name)).toBeGreaterThanOrEqual(1)
      expect(stats).toMatchObject({ queuedMessages: 0, unacknowledgedMessages: 0 })
    }),
    { numRuns: 60 },
  )
}, 60_000)
