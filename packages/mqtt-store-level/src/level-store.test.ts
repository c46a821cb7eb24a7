import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { storeCompliance } from '@godwit/mqtt-broker/testing'
import { expect, it } from 'vitest'
import { openLevelStore } from './open.ts'
import type { LevelStore } from './level-store.ts'
import { commitNumbered, newestBatch } from './testing/numbered-batches.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const small = { ballastBytes: 0, minimumFreeBytes: 0 } as const

for (const durability of ['fsync', 'process'] as const) {
  storeCompliance(`LevelDB, durability ${durability}`, {
    open: () => openLevelStore(temporaryDirectory(), { ...small, durability }),
    reopen: async (store) => {
      await store.close()
      return openLevelStore((store as LevelStore).directory, { ...small, durability })
    },
  })
}

it('says what a commit survives', async () => {
  const store = await openLevelStore(temporaryDirectory(), small)
  expect(store.durability).toBe('fsync')
  await store.close()
  const other = await openLevelStore(temporaryDirectory(), { ...small, durability: 'process' })
  expect(other.durability).toBe('process')
  await other.close()
})

it('keeps one commit in flight: a second one is refused and loses nothing', async () => {
  const store = await openLevelStore(temporaryDirectory(), small)
  const batch = store.batch()
  batch.put(Uint8Array.of(1), Uint8Array.of(1))
  const next = store.batch()
  next.put(Uint8Array.of(2), Uint8Array.of(2))
  const first = store.commit(batch)
  await expect(store.commit(next)).rejects.toMatchObject({ code: 'COMMIT_IN_FLIGHT' })
  await first
  await store.commit(next)
  expect(await store.get(Uint8Array.of(2))).toBeDefined()
  await store.close()
})

it('refuses a batch that was committed before, one that is not its own, and changes after the commit', async () => {
  const store = await openLevelStore(temporaryDirectory(), small)
  const batch = store.batch()
  batch.put(Uint8Array.of(1), Uint8Array.of(1))
  await store.commit(batch)
  await expect(store.commit(batch)).rejects.toMatchObject({ code: 'BATCH_SPENT' })
  expect(() => batch.put(Uint8Array.of(2), Uint8Array.of(2))).toThrow(expect.objectContaining({ code: 'BATCH_SPENT' }))
  expect(() => batch.delete(Uint8Array.of(2))).toThrow(expect.objectContaining({ code: 'BATCH_SPENT' }))
  const foreign = { put() {}, delete() {}, size: 0, sizeBytes: 0 }
  await expect(store.commit(foreign)).rejects.toMatchObject({ code: 'FOREIGN_BATCH' })
  await store.close()
})

it('closing waits for the commit in flight; afterwards everything is refused with its code', async () => {
  const store = await openLevelStore(temporaryDirectory(), small)
  const { directory } = store
  const batch = store.batch()
  batch.put(Uint8Array.of(1), Uint8Array.of(1))
  const commit = store.commit(batch)
  await Promise.all([store.close(), store.close()])
  await commit
  const closed = { code: 'STORE_CLOSED' }
  await expect(store.commit(store.batch())).rejects.toMatchObject(closed)
  await expect(store.get(Uint8Array.of(1))).rejects.toMatchObject(closed)
  await expect(newestBatch(store)).rejects.toMatchObject(closed)
  const again = await openLevelStore(directory, small)
  expect(await again.get(Uint8Array.of(1))).toBeDefined()
  await again.close()
})

it('a scan under way ends with an error when the store is closed', async () => {
  const store = await openLevelStore(temporaryDirectory(), small)
  for (let number = 0; number < 200; number++) await commitNumbered(store, number, 4)
  const scan = store.scan({ from: new Uint8Array(), to: Uint8Array.of(255) })[Symbol.asyncIterator]()
  await scan.next()
  await store.close()
  await expect(
    (async () => {
      while (!(await scan.next()).done);
    })(),
  ).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

it('writes tables and reads them back: more than one memory buffer of records', async () => {
  const directory = temporaryDirectory()
  let store = await openLevelStore(directory, small)
  for (let number = 0; number < 120; number++) await commitNumbered(store, number, 20_000)
  expect(await newestBatch(store)).toBe(119)
  expect((await readdir(join(directory, 'records'))).some((name) => name.endsWith('.ldb'))).toBe(true)
  await store.close()
  const progress: number[] = []
  store = await openLevelStore(directory, {
    ...small,
    onProgress: ({ bytesRead, bytesTotal }) => progress.push(bytesRead / bytesTotal),
  })
  expect(await newestBatch(store)).toBe(119)
  expect(progress.length).toBeGreaterThan(1)
  expect(progress).toEqual(progress.toSorted((one, other) => one - other))
  expect(progress.at(-1)).toBe(1)
  await store.close()
})

it('keeps a ballast, private to the user', async () => {
  const directory = temporaryDirectory()
  const store = await openLevelStore(directory, { ballastBytes: 3_000_000, minimumFreeBytes: 0 })
  const { size, mode } = await stat(join(directory, 'ballast'))
  expect(size).toBe(3_000_000)
  expect(mode & 0o777).toBe(0o600)
  await store.close()
})
