import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLog } from './files/log-file.ts'
import { openLevelStore } from './open.ts'
import { newestBatch } from './testing/numbered-batches.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { WriterProcess } from './testing/writer-process.ts'

const small = { ballastBytes: 0, minimumFreeBytes: 0 } as const

/** Opens, looks at everything, closes. */
const newestIn = async (directory: string): Promise<number> => {
  const store = await openLevelStore(directory, small)
  try {
    return await newestBatch(store)
  } finally {
    await store.close()
  }
}

/** A store whose process was killed, with its whole history in one log. */
const killed = async (): Promise<{ directory: string; log: string; acknowledged: number }> => {
  const directory = temporaryDirectory()
  const writer = new WriterProcess(directory)
  await writer.printed(30)
  await writer.kill()
  const records = join(directory, 'records')
  const name = readdirSync(records).find((each) => each.endsWith('.log'))!
  return { directory, log: join(records, name), acknowledged: writer.acknowledged }
}

describe('I24 SIGKILL', () => {
  for (const durability of ['fsync', 'process'] as const) {
    it(`loses no acknowledged batch and tears none, again and again, with durability ${durability}`, async () => {
      const directory = temporaryDirectory()
      let newest = -1
      for (const count of [1, 40, 7, 90, 3]) {
        const writer = new WriterProcess(directory, { durability, valueBytes: count * 100 })
        await writer.printed(count)
        await writer.kill()
        expect(writer.acknowledged).toBeGreaterThan(newest)
        newest = await newestIn(directory)
        expect(newest).toBeGreaterThanOrEqual(writer.acknowledged)
        expect(newest).toBeLessThanOrEqual(writer.acknowledged + 1)
      }
    })
  }
})

describe('a torn tail of the log', () => {
  it('is cut wherever a crash cut it: what is left is a whole number of batches', async () => {
    const { directory, log, acknowledged } = await killed()
    const bytes = readFileSync(log)
    const last = lastRecordStart(bytes)
    for (const length of [
      last + 1,
      last + 6,
      last + 7,
      last + 8,
      Math.floor((last + bytes.length) / 2),
      bytes.length - 1,
    ]) {
      const copy = temporaryDirectory()
      await cp(directory, copy, { recursive: true })
      truncateSync(log.replace(directory, copy), length)
      const newest = await newestIn(copy)
      // The last record may be of a batch that nobody was told about.
      expect(newest).toBeGreaterThanOrEqual(acknowledged - 1)
      expect(newest).toBeLessThanOrEqual(acknowledged)
    }
  })

  it('is cut where its bytes are not what was written', async () => {
    const { directory, log, acknowledged } = await killed()
    const bytes = readFileSync(log)
    const last = lastRecordStart(bytes)
    for (const [from, fill] of [
      [last, 0x00],
      [last, 0xff],
      [last + 7, 0x55],
      [last + 20, 0x00],
      [bytes.length - 1, 0xaa],
    ] as const) {
      const copy = temporaryDirectory()
      await cp(directory, copy, { recursive: true })
      const garbled = Buffer.from(bytes)
      garbled.fill(fill, from)
      writeFileSync(log.replace(directory, copy), garbled)
      const newest = await newestIn(copy)
      expect(newest).toBeGreaterThanOrEqual(acknowledged - 1)
      expect(newest).toBeLessThanOrEqual(acknowledged)
    }
  })

  it('is cut where garbage follows what was written', async () => {
    const { directory, log, acknowledged } = await killed()
    for (const garbage of [Buffer.alloc(5), Buffer.alloc(100_000), Buffer.alloc(5_000, 0xc3)]) {
      const copy = temporaryDirectory()
      await cp(directory, copy, { recursive: true })
      writeFileSync(log.replace(directory, copy), garbage, { flag: 'a' })
      expect(await newestIn(copy)).toBeGreaterThanOrEqual(acknowledged)
    }
  })

  it('of the MANIFEST is cut as well, which LevelDB would refuse', async () => {
    const { directory, acknowledged } = await killed()
    const records = join(directory, 'records')
    const manifest = readdirSync(records).find((name) => name.startsWith('MANIFEST'))!
    writeFileSync(join(records, manifest), Buffer.alloc(50, 0xc3), { flag: 'a' })
    expect(await newestIn(directory)).toBeGreaterThanOrEqual(acknowledged)
  })
})

const lastRecordStart = (bytes: Uint8Array): number => {
  const { validBytes, ending } = readLog(bytes)
  expect(ending).toBe('clean')
  let start = 0
  for (let length = validBytes - 1; length > 0 && start === 0; length--) {
    const shorter = readLog(bytes.subarray(0, length))
    if (shorter.validBytes < validBytes) start = shorter.validBytes
  }
  return start
}
