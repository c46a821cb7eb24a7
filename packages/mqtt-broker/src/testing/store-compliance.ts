import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeyRange, Store, StoreRecord } from '../ports/store.ts'
import { compareBytes } from '../store/compare-bytes.ts'

/** How a suite gets a store of its own, and opens the same data again where it survives that. */
export interface StoreFactory {
  open(): Promise<Store>
  /** Closes the store and opens what it left. Leave it out where nothing survives. */
  reopen?(store: Store): Promise<Store>
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** Every record, copied. */
const all = async (store: Store, range: Partial<KeyRange> = {}): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = []
  const everything = { from: bytes(), to: bytes(0xff, 0xff, 0xff, 0xff, 0xff) }
  for await (const chunk of store.scan({ ...everything, ...range })) {
    expect(chunk.length).toBeGreaterThan(0)
    for (const [key, value] of chunk) records.push([Uint8Array.from(key), Uint8Array.from(value)])
  }
  return records
}

const keysOf = (records: readonly StoreRecord[]): number[][] => records.map(([key]) => [...key])

const committed = async (store: Store, ...keys: readonly Uint8Array[]): Promise<void> => {
  const batch = store.batch()
  for (const key of keys) batch.put(key, key)
  await store.commit(batch)
}

/** What every store must do: memory and LevelDB pass it, and a later engine only needs to pass it. */
export const storeCompliance = (name: string, factory: StoreFactory): void => {
  describe(`store compliance: ${name}`, () => {
    it('gives back what a batch put, and not what it deleted', async () => {
      const store = await factory.open()
      const batch = store.batch()
      batch.put(bytes(1), bytes(10, 11))
      batch.put(bytes(2), bytes())
      batch.put(bytes(3), bytes(30))
      batch.delete(bytes(3))
      expect(batch.size).toBe(4)
      await store.commit(batch)
      expect(Uint8Array.from((await store.get(bytes(1)))!)).toEqual(bytes(10, 11))
      expect((await store.get(bytes(2)))!.length).toBe(0)
      expect(await store.get(bytes(3))).toBeUndefined()
      await store.close()
    })

    it('copies keys and values during the call: their memory may change at once', async () => {
      const store = await factory.open()
      const key = bytes(7, 7)
      const value = bytes(1, 2, 3)
      const batch = store.batch()
      batch.put(key, value)
      key.fill(0)
      value.fill(0)
      await store.commit(batch)
      expect(await all(store)).toEqual([[bytes(7, 7), bytes(1, 2, 3)]])
      await store.close()
    })

    it('reads the key of get and the range of scan during the call: their memory may change at once', async () => {
      const store = await factory.open()
      await committed(store, bytes(1), bytes(2), bytes(3))
      const memory = bytes(2)
      const found = store.get(memory)
      memory.fill(9)
      expect(Uint8Array.from((await found)!)).toEqual(bytes(2))
      const range = { from: bytes(2), to: bytes(3) }
      const scan = store.scan(range)
      range.from.fill(0)
      range.to.fill(9)
      const keys: number[][] = []
      for await (const chunk of scan) keys.push(...keysOf(chunk))
      expect(keys).toEqual([[2]])
      await store.close()
    })

    it('shows nothing of a batch that has not been committed', async () => {
      const store = await factory.open()
      store.batch().put(bytes(1), bytes(1))
      expect(await all(store)).toEqual([])
      expect(await store.get(bytes(1))).toBeUndefined()
      await store.close()
    })

    it('[atomic] shows either nothing of a batch or all of it, to a reader while it is being committed', async () => {
      const store = await factory.open()
      const batch = store.batch()
      for (let number = 0; number < 500; number++) batch.put(bytes(number >> 8, number & 255), bytes(number & 255))
      const commit = store.commit(batch)
      const seen = new Set<number>()
      for (let round = 0; round < 5; round++) seen.add((await all(store)).length)
      await commit
      seen.add((await all(store)).length)
      expect([...seen].filter((count) => count !== 0 && count !== 500)).toEqual([])
      expect(seen).toContain(500)
      await store.close()
    })

    it('gives back what was committed as soon as the commit has resolved', async () => {
      const store = await factory.open()
      for (let number = 0; number < 20; number++) {
        await committed(store, bytes(number))
        expect(Uint8Array.from((await store.get(bytes(number)))!)).toEqual(bytes(number))
      }
      await store.close()
    })

    it('within a batch the last change of a key counts, and between batches the one committed last', async () => {
      const store = await factory.open()
      const batch = store.batch()
      batch.put(bytes(1), bytes(1))
      batch.delete(bytes(1))
      batch.put(bytes(1), bytes(2))
      batch.put(bytes(2), bytes(1))
      batch.delete(bytes(2))
      await store.commit(batch)
      const [early, late] = [store.batch(), store.batch()]
      late.put(bytes(3), bytes(2))
      early.put(bytes(3), bytes(1))
      await store.commit(early)
      await store.commit(late)
      expect(await all(store)).toEqual([
        [bytes(1), bytes(2)],
        [bytes(3), bytes(2)],
      ])
      await store.close()
    })

    it('takes a batch without changes, and one that deletes what is not there', async () => {
      const store = await factory.open()
      await store.commit(store.batch())
      const batch = store.batch()
      batch.delete(bytes(1))
      await store.commit(batch)
      expect(await all(store)).toEqual([])
      await store.close()
    })

    it('counts the records and the bytes of a batch', async () => {
      const store = await factory.open()
      const batch = store.batch()
      expect([batch.size, batch.sizeBytes]).toEqual([0, 0])
      batch.put(bytes(1, 2), bytes(3, 4, 5))
      batch.delete(bytes(6))
      expect([batch.size, batch.sizeBytes]).toEqual([2, 6])
      await store.close()
    })

    it('keeps long keys and large values as they are, given as views into other memory', async () => {
      const store = await factory.open()
      const memory = Uint8Array.from({ length: 70_000 + 1_000_000 }, (_, place) => (place * 31) & 255)
      const key = memory.subarray(3, 60_003)
      const value = memory.subarray(70_000)
      const batch = store.batch()
      batch.put(key, value)
      await store.commit(batch)
      expect(Buffer.compare((await store.get(key))!, value)).toBe(0)
      await store.close()
    })

    it('scans a range in the order of bytes, from inclusive, to exclusive, as many as asked for', async () => {
      const store = await factory.open()
      const batch = store.batch()
      for (const key of [bytes(2), bytes(1, 0), bytes(1), bytes(1, 255), bytes(0x80)]) batch.put(key, key)
      await store.commit(batch)
      const keys: number[][] = []
      for await (const chunk of store.scan({ from: bytes(1), to: bytes(2) })) keys.push(...keysOf(chunk))
      expect(keys).toEqual([[1], [1, 0], [1, 255]])
      expect(keysOf(await all(store, { maximumRecords: 2 }))).toEqual([[1], [1, 0]])
      await store.close()
    })

    it('scans nothing where there is nothing to scan: no record asked for, an empty range, a range the wrong way round', async () => {
      const store = await factory.open()
      await committed(store, bytes(1), bytes(2), bytes(3))
      expect(await all(store, { maximumRecords: 0 })).toEqual([])
      expect(await all(store, { from: bytes(2), to: bytes(2) })).toEqual([])
      expect(await all(store, { from: bytes(3), to: bytes(1) })).toEqual([])
      expect(await all(store, { from: bytes(4) })).toEqual([])
      expect((await all(store, { maximumRecords: 100 })).length).toBe(3)
      await store.close()
    })

    it('orders keys by unsigned bytes: all 256 of them, and a key before those that begin with it', async () => {
      const store = await factory.open()
      const singles = Array.from({ length: 256 }, (_, byte) => bytes(byte, 0))
      await committed(store, ...singles.toReversed())
      const found = await all(store, { from: bytes(), to: bytes(0xff, 1) })
      expect(keysOf(found)).toEqual(keysOf(singles.map((key) => [key, key] as const)))
      await store.close()
    })

    it('scans more records than one read of it brings, each once and in order', async () => {
      const store = await factory.open()
      const batch = store.batch()
      const value = new Uint8Array(512)
      for (let number = 0; number < 5_000; number++) batch.put(bytes(number >> 8, number & 255), value)
      await store.commit(batch)
      const numbers = (await all(store)).map(([key]) => key[0]! * 256 + key[1]!)
      expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, number) => number))
      await store.close()
    })

    it('a scan sees what was there when it began, and nothing that was committed meanwhile', async () => {
      const store = await factory.open()
      const odd = Array.from({ length: 5_000 }, (_, number) => bytes(number >> 8, number & 255, 1))
      await committed(store, ...odd)
      const seen: number[][] = []
      for await (const chunk of store.scan({ from: bytes(), to: bytes(99) })) {
        if (seen.length === 0) await committed(store, bytes(0, 0, 2), bytes(19, 0, 2))
        seen.push(...keysOf(chunk))
      }
      expect(seen).toEqual(odd.map((key) => [...key]))
      expect((await all(store)).length).toBe(5_002)
      await store.close()
    })

    it('a scan that is left early holds up neither a commit nor the closing', async () => {
      const store = await factory.open()
      await committed(store, bytes(1), bytes(2), bytes(3))
      for await (const chunk of store.scan({ from: bytes(), to: bytes(9) })) {
        expect(keysOf(chunk)[0]).toEqual([1])
        break
      }
      await committed(store, bytes(4))
      await store.close()
    })

    it('equals an ordered map under any sequence of batches', async () => {
      const key = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 })
      const change = fc.oneof(
        fc.record({ key, value: fc.uint8Array({ maxLength: 8 }) }),
        fc.record({ key, value: fc.constant(undefined) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 }), async (batches) => {
          const store = await factory.open()
          const model = new Map<string, StoreRecord>()
          for (const changes of batches) {
            const batch = store.batch()
            for (const each of changes) {
              if (each.value === undefined) {
                batch.delete(each.key)
                model.delete(each.key.join())
              } else {
                batch.put(each.key, each.value)
                model.set(each.key.join(), [Uint8Array.from(each.key), Uint8Array.from(each.value)])
              }
            }
            await store.commit(batch)
          }
          const expected = [...model.values()].sort(([one], [other]) => compareBytes(one, other))
          expect(await all(store)).toEqual(expected)
          await store.close()
        }),
        { numRuns: 25 },
      )
    })

    const { reopen } = factory
    if (reopen !== undefined) {
      it('I24 has what the last commit left when it is opened again: what was put, not what was deleted', async () => {
        let store = await factory.open()
        await committed(store, bytes(1), bytes(2), bytes(3))
        const batch = store.batch()
        batch.delete(bytes(2))
        batch.put(bytes(3), bytes(33))
        await store.commit(batch)
        store.batch().put(bytes(4), bytes(4))
        store = await reopen(store)
        expect(await all(store)).toEqual([
          [bytes(1), bytes(1)],
          [bytes(3), bytes(33)],
        ])
        await committed(store, bytes(4))
        expect(keysOf(await all(store))).toEqual([[1], [3], [4]])
        await store.close()
      })

      it('I24 has everything that was committed when it is opened again', async () => {
        let store = await factory.open()
        const batch = store.batch()
        for (let number = 0; number < 100; number++) batch.put(bytes(number), bytes(number, number))
        await store.commit(batch)
        store = await reopen(store)
        expect((await all(store)).length).toBe(100)
        await store.close()
      })
    }

    it('says that it takes writes, and after closing that it does not', async () => {
      const store = await factory.open()
      expect(store.health().writable).toBe(true)
      await store.close()
      expect(store.health().writable).toBe(false)
    })
  })
}
