import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLevelStore } from './open.ts'
import { smallDisk } from './testing/mounts.ts'
import { commitNumbered, newestBatch } from './testing/numbered-batches.ts'
import { RecordingLogger } from './testing/recording-logger.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const MEBIBYTE = 2 ** 20
const root = process.getuid?.() === 0

/** Fills the disk that a directory is on, all but so many bytes, with a file beside it that can be removed. */
const fillDisk = async (directory: string, but: number): Promise<string> => {
  const { bavail, bsize } = await statfs(dirname(directory))
  const file = join(dirname(directory), 'filler')
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - but)), { flag: 'a' })
  return file
}

describe.skipIf(!root)(`a disk of its own${root ? '' : ' [skipped: only root can mount one]'}`, () => {
  const disk = (work: (directory: string) => Promise<void>): (() => Promise<void>) => {
    return async () => {
      const mount = temporaryDirectory()
      await smallDisk(mount, 64 * MEBIBYTE, () => work(join(mount, 'data')))
    }
  }

  it(
    'health says so before it is full, deletes still go through, and it recovers by itself',
    disk(async (directory) => {
      const logger = new RecordingLogger()
      const store = await openLevelStore(directory, {
        minimumFreeBytes: 8 * MEBIBYTE,
        ballastBytes: 4 * MEBIBYTE,
        spaceCheckMs: 5,
        logger,
      })
      await commitNumbered(store, 0, 1000)
      expect(store.health()).toEqual({ writable: true })
      const filler = await fillDisk(directory, 6 * MEBIBYTE)
      await logger.says('the disk is nearly full: no new messages are stored')
      expect(store.health()).toMatchObject({
        writable: false,
        reason: expect.stringMatching(/has \d\.\d MiB left of the 8.0 MiB that must stay free; free some space/),
      })
      const batch = store.batch()
      batch.delete(Uint8Array.of(0, 0, 0, 0, 7))
      await store.commit(batch)
      expect(await store.get(Uint8Array.of(0, 0, 0, 0, 7))).toBeUndefined()
      expect(await store.get(Uint8Array.of(0, 0, 0, 0, 6))).toBeDefined()
      rmSync(filler)
      await logger.says('the disk has room again')
      expect(store.health()).toEqual({ writable: true })
      await store.close()
    }),
  )

  it(
    'a commit that finds the disk full waits, is tried again in a database opened anew, and is whole',
    disk(async (directory) => {
      const logger = new RecordingLogger()
      const store = await openLevelStore(directory, {
        minimumFreeBytes: 0,
        ballastBytes: 4 * MEBIBYTE,
        spaceCheckMs: 5,
        logger,
      })
      for (let number = 0; number < 10; number++) await commitNumbered(store, number, 10_000)
      const filler = await fillDisk(directory, 0)
      // More than is left, and more than the ballast gives back.
      const committing = commitNumbered(store, 10, MEBIBYTE)
      await logger.says('the disk is full: nothing is acknowledged until there is space')
      expect(store.health().writable).toBe(false)
      expect(await newestBatch(store)).toBe(9)
      expect(existsSync(join(directory, 'ballast'))).toBe(false)
      // Batches begun meanwhile are written to the database that is open by then.
      const next = store.batch()
      next.put(Uint8Array.of(9), Uint8Array.of(9))
      rmSync(filler)
      await committing
      await store.commit(next)
      await logger.says('the disk has room again')
      expect(store.health()).toEqual({ writable: true })
      expect(existsSync(join(directory, 'ballast'))).toBe(true)
      expect(await store.get(Uint8Array.of(9))).toBeDefined()
      const remove = store.batch()
      remove.delete(Uint8Array.of(9))
      await store.commit(remove)
      expect(await newestBatch(store)).toBe(10)
      await store.close()
      const again = await openLevelStore(directory, { minimumFreeBytes: 0, ballastBytes: 0 })
      expect(await newestBatch(again)).toBe(10)
      await again.close()
    }),
  )

  it(
    'the ballast lets a small batch through although the disk stays full, and a scan under way goes on',
    disk(async (directory) => {
      const logger = new RecordingLogger()
      const store = await openLevelStore(directory, {
        minimumFreeBytes: 0,
        ballastBytes: 8 * MEBIBYTE,
        spaceCheckMs: 5,
        logger,
      })
      // More than one chunk of a scan.
      for (let number = 0; number < 15; number++) await commitNumbered(store, number, 4_000)
      const scan = store.scan({ from: new Uint8Array(), to: Uint8Array.of(255) })[Symbol.asyncIterator]()
      const first = await scan.next()
      let seen = first.done === true ? 0 : first.value.length
      expect(seen).toBeLessThan(15 * 8)
      const filler = await fillDisk(directory, 0)
      let number = 15
      while (logger.count('the disk is full: nothing is acknowledged until there is space') === 0) {
        await commitNumbered(store, number++, 2_000)
      }
      for (;;) {
        const { value, done } = await scan.next()
        if (done === true) break
        seen += value.length
      }
      expect(seen).toBeGreaterThanOrEqual(15 * 8)
      expect(await newestBatch(store)).toBe(number - 1)
      expect(store.health().writable).toBe(false)
      rmSync(filler)
      await store.close()
    }),
  )

  it(
    'closing does not wait for space: the commit that waits is refused, and what was acknowledged is there',
    disk(async (directory) => {
      const logger = new RecordingLogger()
      const store = await openLevelStore(directory, { minimumFreeBytes: 0, ballastBytes: 0, spaceCheckMs: 5, logger })
      for (let number = 0; number < 3; number++) await commitNumbered(store, number, 1_000)
      const filler = await fillDisk(directory, 0)
      const committing = commitNumbered(store, 3, MEBIBYTE)
      const refusal = committing.then(
        () => 'committed',
        (error: unknown) => (error as { code: string }).code,
      )
      await logger.says('the disk is full: nothing is acknowledged until there is space')
      await store.close()
      expect(await refusal).toBe('STORE_CLOSED')
      rmSync(filler)
      const again = await openLevelStore(directory, { minimumFreeBytes: 0, ballastBytes: 0 })
      expect(await newestBatch(again)).toBe(2)
      await again.close()
    }),
  )

  it(
    'a start on a full disk takes the room of the ballast',
    disk(async (directory) => {
      const options = { minimumFreeBytes: MEBIBYTE, ballastBytes: 4 * MEBIBYTE, spaceCheckMs: 5 }
      const store = await openLevelStore(directory, options)
      for (let number = 0; number < 20; number++) await commitNumbered(store, number, 10_000)
      await store.close()
      await fillDisk(directory, 0)
      const full = await openLevelStore(directory, options)
      expect(await newestBatch(full)).toBe(19)
      expect(existsSync(join(directory, 'ballast'))).toBe(false)
      expect(full.health().writable).toBe(false)
      await full.close()
    }),
  )

  it(
    'a start without any room says so',
    disk(async (directory) => {
      await fillDisk(directory, 0)
      await expect(openLevelStore(directory, { ballastBytes: 0 })).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringContaining('Free some space'),
      })
    }),
  )
})
