import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { openLevelStore } from './open.ts'
import { newestBatch } from './testing/numbered-batches.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { WriterProcess } from './testing/writer-process.ts'

const small = { ballastBytes: 0, minimumFreeBytes: 0 } as const

describeWithPeers(['gcc'], 'what fdatasync has to do with it', (gcc = '') => {
  /** A writer whose fdatasync is watched, and its files. */
  const watched = (options: { durability?: 'fsync' | 'process'; valueBytes?: number }) => {
    const directory = temporaryDirectory()
    mkdirSync(dirname(directory), { recursive: true })
    const library = join(dirname(directory), 'fdatasync.so')
    execFileSync(gcc, [
      '-shared',
      '-fPIC',
      '-O1',
      '-o',
      library,
      fileURLToPath(new URL('testing/fdatasync.c', import.meta.url)),
      '-ldl',
    ])
    const log = join(dirname(directory), 'synced')
    const fail = join(dirname(directory), 'fail')
    const env = { LD_PRELOAD: library, GODWIT_SYNC_LOG: log, GODWIT_SYNC_FAIL: fail }
    return { directory, log, fail, writer: new WriterProcess(directory, { ...options, env }) }
  }

  /** The last size of each file that an fdatasync covered, and how many there were for logs. */
  const synced = (log: string): { sizes: Map<string, number>; ofLogs: number } => {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const sizes = new Map(lines.map((line) => [basename(line.slice(line.indexOf(' ') + 1)), Number.parseInt(line, 10)]))
    return { sizes, ofLogs: lines.filter((line) => line.endsWith('.log')).length }
  }

  /**
   * The directory as a loss of power leaves it: each file is as long as its last fsync saw it, and behind that comes what was
   * written since, in part and with a page of garbage in it.
   */
  const afterPowerLoss = (directory: string, log: string, seed: number): void => {
    const { sizes } = synced(log)
    const records = join(directory, 'records')
    for (const name of readdirSync(records)) {
      if (name === 'CURRENT' || name === 'LOCK' || name.startsWith('LOG')) continue
      const file = join(records, name)
      const bytes = readFileSync(file)
      const size = sizes.get(name) ?? 0
      if (bytes.length <= size) continue
      const torn = bytes.subarray(size)
      torn.fill(seed, Math.floor((torn.length * seed) / 7))
      truncateSync(file, size)
      if (seed % 2 === 1) writeFileSync(file, torn, { flag: 'a' })
    }
  }

  it('I24 a commit has been synced before it resolves: one fdatasync of the log for each', async () => {
    const { log, writer } = watched({ valueBytes: 10 })
    await writer.printed(50)
    await writer.kill()
    expect(synced(log).ofLogs).toBeGreaterThanOrEqual(writer.acknowledged + 1)
  })

  it('I24 a loss of power loses no acknowledged batch and tears none, also while tables are written', async () => {
    for (const [seed, valueBytes] of [
      [0, 10],
      [1, 3_000],
      [2, 30_000],
      [3, 100_000],
    ] as const) {
      const { directory, log, writer } = watched({ valueBytes })
      await writer.printed(seed === 0 ? 40 : 60)
      await writer.kill()
      afterPowerLoss(directory, log, seed)
      const store = await openLevelStore(directory, small)
      expect(await newestBatch(store)).toBeGreaterThanOrEqual(writer.acknowledged)
      await store.close()
    }
  })

  it("with durability 'process' nothing is synced for a commit, so a loss of power does lose batches", async () => {
    const { directory, log, writer } = watched({ durability: 'process', valueBytes: 10 })
    await writer.printed(50)
    await writer.kill()
    expect(synced(log).ofLogs).toBe(0)
    const copy = temporaryDirectory()
    cpSync(directory, copy, { recursive: true })
    const alive = await openLevelStore(copy, small)
    expect(await newestBatch(alive)).toBeGreaterThanOrEqual(writer.acknowledged)
    await alive.close()
    afterPowerLoss(directory, log, 0)
    const store = await openLevelStore(directory, small)
    expect(await newestBatch(store)).toBe(-1)
    await store.close()
  })

  it('a failed fsync is final: nothing is acknowledged after it, until the store is opened anew', async () => {
    const { directory, fail, writer } = watched({ valueBytes: 10 })
    await writer.printed(20)
    writeFileSync(fail, '')
    await writer.ended()
    expect(writer.lines.at(-1)).toBe('COMMIT_FAILED')
    const acknowledged = Number(writer.lines.at(-2))
    rmSync(fail)
    expect(existsSync(fail)).toBe(false)
    const store = await openLevelStore(directory, small)
    expect(await newestBatch(store)).toBeGreaterThanOrEqual(acknowledged)
    await store.close()
  })
})
