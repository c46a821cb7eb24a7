import { expect, it } from 'vitest'
import { PowerLossStore } from './power-loss-store.ts'
import { storeCompliance } from './store-compliance.ts'

const ALL = { from: new Uint8Array(), to: Uint8Array.of(255) }
const keys = async (store: PowerLossStore): Promise<number[]> => {
  const found: number[] = []
  for await (const chunk of store.scan(ALL)) for (const [key] of chunk) found.push(key[0]!)
  return found
}
const commit = (store: PowerLossStore, ...numbers: number[]): Promise<void> => {
  const batch = store.batch()
  for (const number of numbers) batch.put(Uint8Array.of(number), Uint8Array.of(number))
  return store.commit(batch)
}

storeCompliance('power loss', {
  open: async () => new PowerLossStore({ completes: true }),
  reopen: async (store) => (store as PowerLossStore).losePower(() => 0),
})

it('I24 after a loss of power it has what was committed, and of the commit in flight all or nothing', async () => {
  const store = new PowerLossStore()
  const first = commit(store, 1, 2)
  store.complete()
  await first
  void commit(store, 3, 4)
  expect(await keys(store.losePower(() => 0))).toEqual([1, 2])
  expect(await keys(store.losePower(() => 0.99))).toEqual([1, 2, 3, 4])
})

it("with durability 'process' a loss of power takes commits since the last sync, from the newest on", async () => {
  const store = new PowerLossStore({ durability: 'process', completes: true })
  await commit(store, 1)
  store.sync()
  await commit(store, 2)
  await commit(store, 3)
  expect(await keys(store)).toEqual([1, 2, 3])
  expect(await keys(store.losePower(() => 0))).toEqual([1])
  expect(await keys(store.losePower(() => 0.5))).toEqual([1, 2])
  expect(await keys(store.losePower(() => 0.99))).toEqual([1, 2, 3])
  expect(await keys(store.endProcess(() => 0))).toEqual([1, 2, 3])
  expect(await keys(store.endProcess(() => 0.99))).toEqual([1, 2, 3])
})

it('a failed fsync is final, and its batch may be there after a restart or not', async () => {
  const store = new PowerLossStore()
  const failing = commit(store, 1)
  store.fail()
  await expect(failing).rejects.toThrow('fsync')
  expect(store.health().writable).toBe(false)
  await expect(commit(store, 2)).rejects.toThrow('failed')
  expect(await keys(store.losePower(() => 0))).toEqual([])
  expect(await keys(store.losePower(() => 0.99))).toEqual([1])
})

it('what it lost it never gives back: losing power twice is losing it once', async () => {
  const store = new PowerLossStore({ durability: 'process', completes: true })
  await commit(store, 1)
  await commit(store, 2)
  const after = store.losePower(() => 0.5)
  expect(await keys(after)).toEqual([1])
  expect(await keys(after.losePower(() => 0))).toEqual([1])
})
