import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Store, StoreRecord } from '../ports/store.ts'
import { compareBytes } from '../store/compare-bytes.ts'

/** How a suite gets a store of its own, and opens the same data again where it survives that. */
export interface StoreFactory {
  open(): Promise<Store>
  /** Closes the store and opens what it left. Leave it out where nothing survives. */
  reopen?(store: Store): Promise<Store>
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const all = async (store: Store, maximumRecords?: number): Promise<StoreRecord[]> => {
  const range = {
    from: bytes(),
    to: bytes(0xff, 0xff, 0xff, 0xff, 0xff),
    ...(maximumRecords !== undefined && { maximumRecords }),
  }
  const records: StoreRecord[] = []
  for await (const [key, value] of store.scan(range)) records.push([Uint8Array.from(key), Uint8Array.from(value)])
  return records
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

    it('shows nothing of a batch that has not been committed', async () => {
      const store = await factory.open()
      store.batch().put(bytes(1), bytes(1))
      expect(await all(store)).toEqual([])
      await store.close()
    })

    it('scans a range in the order of bytes, from inclusive, to exclusive, as many as asked for', async () => {
      const store = await factory.open()
      const batch = store.batch()
      for (const key of [bytes(2), bytes(1, 0), bytes(1), bytes(1, 255), bytes(0x80)]) batch.put(key, key)
      await store.commit(batch)
      const keys: number[][] = []
      for await (const [key] of store.scan({ from: bytes(1), to: bytes(2) })) keys.push([...key])
      expect(keys).toEqual([[1], [1, 0], [1, 255]])
      expect((await all(store, 2)).map(([key]) => [...key])).toEqual([[1], [1, 0]])
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
