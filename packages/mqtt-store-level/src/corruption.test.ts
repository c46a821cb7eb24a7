import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLevelStore } from './open.ts'
import { commitNumbered, newestBatch } from './testing/numbered-batches.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const small = { ballastBytes: 0, minimumFreeBytes: 0 } as const

/** A closed store with `count` batches, and the files of its database. */
const written = async (count: number, valueBytes: number) => {
  const directory = temporaryDirectory()
  const store = await openLevelStore(directory, small)
  for (let number = 0; number < count; number++) await commitNumbered(store, number, valueBytes)
  await store.close()
  const records = join(directory, 'records')
  const files = (pattern: RegExp): string[] =>
    readdirSync(records)
      .filter((name) => pattern.test(name))
      .map((name) => join(records, name))
      .sort()
  return { directory, records, files }
}

const flip = (file: string, at: number): void => {
  const bytes = readFileSync(file)
  bytes[at]! ^= 0x40
  writeFileSync(file, bytes)
}

const refused = async (directory: string, file: string): Promise<void> => {
  const before = readdirSync(join(directory, 'records')).filter((name) => !/^LOG|^LOCK/.test(name))
  await expect(openLevelStore(directory, small)).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    files: [file],
    message: expect.stringContaining(file),
  })
  // Refused means left alone.
  expect(readdirSync(join(directory, 'records')).filter((name) => !/^LOG|^LOCK/.test(name))).toEqual(before)
}

describe('damage before the tail', () => {
  it('of the log: the start stops with the file named; quarantine keeps a copy and what lies before', async () => {
    const { directory, files } = await written(50, 100)
    const [log = ''] = files(/\.log$/)
    const size = statSync(log).size
    flip(log, Math.floor(size / 2))
    const damaged = readFileSync(log)
    await refused(directory, log)
    const store = await openLevelStore(directory, { ...small, quarantine: true })
    const newest = await newestBatch(store)
    expect(newest).toBeGreaterThan(15)
    expect(newest).toBeLessThan(30)
    expect(store.quarantined.map((file) => basename(file))).toEqual([basename(log)])
    expect(readFileSync(store.quarantined[0]!)).toEqual(damaged)
    expect(statSync(store.quarantined[0]!).mode & 0o077).toBe(0)
    await commitNumbered(store, newest + 1, 100)
    await store.close()
    const again = await openLevelStore(directory, small)
    expect(await newestBatch(again)).toBe(newest + 1)
    expect(again.quarantined).toEqual([])
    await again.close()
  })

  it('of a length in the log: what follows is found all the same', async () => {
    const { directory, files } = await written(10, 100)
    const [log = ''] = files(/\.log$/)
    flip(log, 5)
    await refused(directory, log)
  })

  it('of a table: not one flipped bit of a value is delivered', async () => {
    const { directory, files } = await written(120, 20_000)
    const tables = files(/\.ldb$/)
    expect(tables.length).toBeGreaterThan(1)
    // The oldest: the newest may be what a compaction had begun when the store was closed, which nobody reads.
    const table = tables[0]!
    flip(table, 10_000)
    await refused(directory, table)
    const store = await openLevelStore(directory, { ...small, quarantine: true })
    expect(store.quarantined.map((file) => basename(file))).toContain(basename(table))
    // What the other tables and the log held is there.
    let count = 0
    for await (const chunk of store.scan({ from: new Uint8Array(), to: new Uint8Array(6).fill(255) })) {
      expect(chunk.every(([, value]) => value.length === 20_000)).toBe(true)
      count += chunk.length
    }
    expect(count).toBeGreaterThan(0)
    await commitNumbered(store, 500, 10)
    await store.close()
    const again = await openLevelStore(directory, small)
    expect(await again.get(Uint8Array.of(0, 0, 1, 244, 0))).toBeDefined()
    await again.close()
  })

  it.each([
    ['footer', (size: number) => size - 1],
    ['index', (size: number) => size - 100],
  ])('of a table, in its %s', async (_part, place) => {
    const { directory, files } = await written(120, 20_000)
    const [table = ''] = files(/\.ldb$/)
    flip(table, place(statSync(table).size))
    await refused(directory, table)
  })

  it('of the MANIFEST: refused; quarantine finds out what there is', async () => {
    const { directory, files } = await written(120, 20_000)
    const [manifest = ''] = files(/^MANIFEST/)
    flip(manifest, 20)
    await refused(directory, manifest)
    const store = await openLevelStore(directory, { ...small, quarantine: true })
    expect(await newestBatch(store)).toBe(119)
    expect(store.quarantined.map((file) => basename(file))).toContain(basename(manifest))
    await store.close()
  })

  it('of CURRENT: refused, instead of beginning anew and deleting the rest', async () => {
    const { directory, records } = await written(30, 100)
    const current = join(records, 'CURRENT')
    writeFileSync(current, 'nonsense\n')
    await refused(directory, current)
    rmSync(current)
    await refused(directory, current)
    const store = await openLevelStore(directory, { ...small, quarantine: true })
    expect(await newestBatch(store)).toBe(29)
    await store.close()
  })
})

describe('a missing file', () => {
  it('is refused by its name: a log, a table, a MANIFEST', async () => {
    for (const pattern of [/\.log$/, /\.ldb$/, /^MANIFEST/]) {
      const { directory, files } = await written(120, 20_000)
      const [file = ''] = files(pattern)
      rmSync(file)
      await refused(directory, file)
      const store = await openLevelStore(directory, { ...small, quarantine: true })
      await commitNumbered(store, 1_000, 10)
      await store.close()
    }
  })

  it('is nothing where a first start was interrupted before it had a database', async () => {
    const directory = temporaryDirectory()
    await (await openLevelStore(directory, small)).close()
    const records = join(directory, 'records')
    for (const name of readdirSync(records)) if (!name.startsWith('MANIFEST')) rmSync(join(records, name))
    const store = await openLevelStore(directory, small)
    expect(await newestBatch(store)).toBe(-1)
    await store.close()
    expect(existsSync(join(records, 'CURRENT'))).toBe(true)
  })
})

it('damage of a log that a later log follows takes the later one out too: what is left is a state that was', async () => {
  const { directory, records, files } = await written(10, 100)
  const [log = ''] = files(/\.log$/)
  const later = join(records, '000099.log')
  writeFileSync(later, readFileSync(log))
  const bytes = readFileSync(log)
  writeFileSync(log, bytes.subarray(0, bytes.length - 3))
  await refused(directory, log)
  const store = await openLevelStore(directory, { ...small, quarantine: true })
  expect(await newestBatch(store)).toBe(8)
  expect(store.quarantined.map((file) => basename(file)).sort()).toEqual([basename(log), '000099.log'].sort())
  await store.close()
})
