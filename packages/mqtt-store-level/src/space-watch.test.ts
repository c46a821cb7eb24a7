import { describe, expect, it } from 'vitest'
import { Ballast } from './ballast.ts'
import { SpaceWatch } from './space-watch.ts'
import { RecordingLogger } from './testing/recording-logger.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const watch = (options: { free: number; ballastBytes?: number }) => {
  const disk = { free: options.free, looks: 0 }
  const logger = new RecordingLogger()
  const ballast = new Ballast(temporaryDirectory(), options.ballastBytes ?? 0)
  const space = new SpaceWatch({
    directory: 'data',
    minimumFreeBytes: 1_000,
    ballast,
    logger,
    freeBytes: async () => {
      disk.looks++
      return disk.free
    },
  })
  return { disk, logger, ballast, space }
}

describe('the free space', () => {
  it('is low below the least, and enough again a tenth above it, so that it does not flicker', async () => {
    const { disk, logger, ballast, space } = watch({ free: 1_000 })
    await ballast.find()
    const seen: boolean[] = []
    for (const free of [1_000, 999, 1_000, 1_099, 1_100, 1_000, 10]) {
      disk.free = free
      await space.check()
      seen.push(space.low)
    }
    expect(seen).toEqual([false, true, true, true, false, false, true])
    expect(logger.count('the disk is nearly full: no new messages are stored')).toBe(2)
    expect(logger.count('the disk has room again')).toBe(1)
    expect(space.reason).toContain('data has 0.0 MiB left')
  })

  it('is looked at before its turn when much was written', async () => {
    const { disk, ballast, space } = watch({ free: 10_000 })
    await ballast.find()
    await space.check()
    space.wrote(4_000)
    expect(disk.looks).toBe(1)
    disk.free = 500
    space.wrote(4_000)
    await space.idle()
    expect(disk.looks).toBe(2)
    expect(space.low).toBe(true)
  })

  it('of a missing ballast is not for messages', async () => {
    const { disk, ballast, space } = watch({ free: 4_000, ballastBytes: 3_500 })
    await ballast.find()
    await space.check()
    expect([space.low, ballast.present]).toEqual([true, false])
    disk.free = 4_600
    await space.check()
    expect([space.low, ballast.present]).toEqual([false, true])
    await ballast.release()
  })

  it('after a write that failed stays low until the write is through and there is room for the ballast again', async () => {
    const { disk, ballast, space } = watch({ free: 100_000, ballastBytes: 1_000 })
    await ballast.find()
    await space.check()
    expect(ballast.present).toBe(true)
    await space.exhausted()
    expect([space.low, ballast.present]).toEqual([true, false])
    await space.check()
    expect(space.low).toBe(true)
    space.relieved()
    expect(space.low).toBe(true)
    disk.free = 1_500
    await space.check()
    expect(space.low).toBe(true)
    disk.free = 2_200
    await space.check()
    expect([space.low, ballast.present]).toEqual([false, true])
    await ballast.release()
  })
})

it('a ballast that cannot be written is not there, and leaves nothing behind', async () => {
  const ballast = new Ballast('/nowhere/at/all', 10)
  await ballast.find()
  await ballast.fill()
  expect(ballast.present).toBe(false)
  expect(ballast.missingBytes).toBe(10)
})
