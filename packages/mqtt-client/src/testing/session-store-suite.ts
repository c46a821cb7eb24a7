import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SessionRecord, SessionStore, StoreOperation } from '../ports/session-store.ts'
import { apply, newSessionState, recordOf } from '../stores/session-state.ts'

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((each) => !/[#+\0\uFEFF\uD800-\uDFFF]/u.test(each))
const packetId = fc.integer({ min: 1, max: 65_535 })
const sequence = fc.integer({ min: 1, max: 12 })
const operation: fc.Arbitrary<StoreOperation> = fc.oneof(
  fc.record({
    type: fc.constant('outgoing-put' as const),
    sequence: fc.oneof({ weight: 9, arbitrary: sequence }, { weight: 1, arbitrary: fc.constant(2 ** 40) }),
    message: fc.record({
      topicName: text,
      payload: fc.uint8Array({ maxLength: 300 }),
      qos: fc.constantFrom(1 as const, 2 as const),
      retain: fc.boolean(),
      properties: fc.option(
        fc.record({
          contentType: text,
          userProperties: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }),
        }),
        { nil: undefined },
      ),
      expiresAtMs: fc.option(fc.integer({ min: 0, max: 2 ** 45 }), { nil: undefined }),
    }),
  }),
  fc.record({ type: fc.constantFrom('outgoing-sent' as const, 'outgoing-released' as const), sequence, packetId }),
  fc.record({ type: fc.constant('outgoing-delete' as const), sequence }),
  fc.record({
    type: fc.constantFrom('incoming-put' as const, 'incoming-delete' as const),
    packetId: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ type: fc.constant('incoming-clear' as const) }),
)
export const batches = fc.array(fc.array(operation, { minLength: 1, maxLength: 5 }), { maxLength: 8 })

/** What a store is expected to give back. */
export function expected(all: readonly (readonly StoreOperation[])[]): SessionRecord {
  const state = newSessionState()
  for (const each of all.flat()) apply(state, each)
  return plain(recordOf(state))
}

/** Payloads as plain numbers, whatever class they came as; what is absent and what is undefined are one. */
export const plain = ({ outgoing, incoming }: SessionRecord): SessionRecord => ({
  outgoing: outgoing.map(({ message, ...rest }) => ({
    ...rest,
    message: { ...message, payload: Uint8Array.from(message.payload) },
  })),
  incoming: [...incoming].sort((a, b) => a - b),
})

/**
 * What every session store must do. `open` gives a store object over the same storage each time; what was closed may be opened
 * again.
 */
export function sessionStoreSuite(fresh: () => Promise<() => SessionStore>): void {
  it('knows nothing of a Session at first, and of each what was committed for it', async () => {
    const open = await fresh()
    const store = open()
    expect(await store.load('one')).toBeUndefined()
    await store.commit([{ type: 'incoming-put', packetId: 7 }])
    await store.close()
    const other = open()
    expect(await other.load('two/../one')).toBeUndefined()
    await other.close()
    const again = open()
    expect(await again.load('one')).toEqual({ outgoing: [], incoming: [7] })
    await again.close()
  })

  it('gives back what any commits left, after it was opened again in between', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat({ max: 8 }), async (all, reopenAt) => {
        const open = await fresh()
        let store = open()
        await store.load('client')
        for (const [place, operations] of all.entries()) {
          if (place === reopenAt) {
            await store.close()
            store = open()
            await store.load('client')
          }
          await store.commit(operations)
        }
        await store.close()
        store = open()
        const record = await store.load('client')
        await store.close()
        // Nobody has to remember a Session that nothing was committed for.
        expect(plain(record ?? { outgoing: [], incoming: [] })).toEqual(expected(all))
      }),
      { numRuns: 25 },
    )
  })

  it('copies a payload, whose memory the caller may use again', async () => {
    const open = await fresh()
    const store = open()
    await store.load('client')
    const payload = Uint8Array.of(1, 2, 3)
    const message = {
      topicName: 't',
      payload,
      qos: 1,
      retain: false,
      properties: undefined,
      expiresAtMs: undefined,
    } as const
    const committed = store.commit([{ type: 'outgoing-put', sequence: 1, message }])
    payload.fill(9)
    await committed
    await store.close()
    const again = open()
    const record = await again.load('client')
    await again.close()
    expect([...(record?.outgoing[0]?.message.payload ?? [])]).toEqual([1, 2, 3])
  })
}
