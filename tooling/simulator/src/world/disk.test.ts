import { describe, expect, it } from 'vitest'
import { Disk } from './disk.ts'
import { LogStore } from './log-store.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** A store whose commits take a moment of the world's time. */
const open = (world: World, disk: Disk): LogStore =>
  new LogStore(world, disk, { life: 1, schedule: (milliseconds, run) => void world.schedule.after(milliseconds, run) })

const commit = async (world: World, store: LogStore, key: string): Promise<boolean> => {
  const batch = store.batch()
  batch.put(text(key), text('x'.repeat(200)))
  let answer = false
  store.commit(batch).then(
    () => (answer = true),
    () => {},
  )
  await world.run(world.now + 100)
  return answer
}

describe('the simulated disk', () => {
  it('I24 keeps every commit that was answered, whatever a loss of power takes along', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const world = new World(`disk ${seed}`)
      const disk = new Disk()
      const store = open(world, disk)
      expect(await commit(world, store, 'a')).toBe(true)
      const batch = store.batch()
      batch.put(text('b'), text('y'.repeat(300)))
      void store.commit(batch)
      disk.losePower(new Random(`power ${seed}`))
      expect(await open(world, disk).get(text('a'))).toBeDefined()
    }
  })

  it('I24 finds a bit that turned around before the end', async () => {
    const world = new World('flip')
    const disk = new Disk()
    const store = open(world, disk)
    for (const key of ['a', 'b', 'c']) await commit(world, store, key)
    disk.flip(800)
    expect(() => open(world, disk)).toThrow('damaged')
    disk.flip(800)
    expect(await open(world, disk).get(text('c'))).toBeDefined()
  })

  it('I25 a failed fsync is final, I26 a full disk only waits', async () => {
    const world = new World('fail')
    const disk = new Disk()
    const store = open(world, disk)
    disk.full = 'hard'
    expect(await commit(world, store, 'a')).toBe(false)
    expect(store.health().writable).toBe(false)
    disk.full = 'no'
    await world.run(world.now + 100)
    expect(await store.get(text('a'))).toBeDefined()
    disk.syncFails = true
    expect(await commit(world, store, 'b')).toBe(false)
    disk.syncFails = false
    expect(await commit(world, store, 'c')).toBe(false)
    expect(store.health().writable).toBe(false)
  })
})
