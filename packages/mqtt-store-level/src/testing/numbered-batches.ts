import type { Store } from '@godwit/mqtt-broker/ports'

/** Batch `number` puts so many records and deletes those of a batch before: what a broker does with messages and acknowledgements. */
export const RECORDS_PER_BATCH = 8
export const BATCHES_KEPT = 20

const keyOf = (number: number, place: number): Uint8Array => {
  const key = Buffer.alloc(5)
  key.writeUInt32BE(number)
  key[4] = place
  return key
}

export const commitNumbered = async (store: Store, number: number, valueBytes: number): Promise<void> => {
  const batch = store.batch()
  for (let place = 0; place < RECORDS_PER_BATCH; place++) {
    batch.put(keyOf(number, place), Buffer.alloc(valueBytes, number))
    if (number >= BATCHES_KEPT) batch.delete(keyOf(number - BATCHES_KEPT, place))
  }
  await store.commit(batch)
}

/**
 * The number of the newest batch in a store, after a look at everything in it: batches are whole, none is missing between, none that
 * was deleted is back, values are theirs. -1: it is empty. Throws a sentence where any of it is not so.
 */
export const newestBatch = async (store: Store): Promise<number> => {
  const counts = new Map<number, number>()
  for await (const chunk of store.scan({ from: new Uint8Array(), to: new Uint8Array(6).fill(255) })) {
    for (const [key, value] of chunk) {
      const number = Buffer.from(key).readUInt32BE()
      counts.set(number, (counts.get(number) ?? 0) + 1)
      if (value.some((byte) => byte !== (number & 255))) throw new RangeError(`a value of batch ${number} is damaged`)
    }
  }
  const numbers = [...counts.keys()]
  const newest = numbers.at(-1) ?? -1
  const oldest = Math.max(0, newest - BATCHES_KEPT + 1)
  const expected = Array.from({ length: newest - oldest + 1 }, (_, place) => oldest + place)
  if (numbers.join() !== expected.join())
    throw new RangeError(`batches ${numbers.join()} instead of ${expected.join()}`)
  const torn = numbers.filter((number) => counts.get(number) !== RECORDS_PER_BATCH)
  if (torn.length > 0) throw new RangeError(`half a batch: ${torn.join()}`)
  return newest
}
