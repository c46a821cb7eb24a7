import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLevelStore } from './open.ts'
import { LevelStoreError } from './store-error.ts'
import { readOnlyMount } from './testing/mounts.ts'
import { commitNumbered, newestBatch } from './testing/numbered-batches.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { WriterProcess } from './testing/writer-process.ts'

const small = { ballastBytes: 0, minimumFreeBytes: 0 } as const

describe('the directory', () => {
  it('is made with all above it, and is private to the user, with everything in it', async () => {
    const directory = join(temporaryDirectory(), 'deep/er')
    const store = await openLevelStore(directory, small)
    for (const path of [directory, join(directory, 'records')]) expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, 'format'))).mode & 0o777).toBe(0o600)
    await store.close()
  })

  it('says its format, and one of another format is refused and left as it is', async () => {
    const directory = temporaryDirectory()
    await (await openLevelStore(directory, small)).close()
    const file = join(directory, 'format')
    expect(await readFile(file, 'utf8')).toBe('godwit-store 1\n')
    for (const text of ['godwit-store 2\n', 'something else', '']) {
      await writeFile(file, text)
      const before = await readdir(join(directory, 'records'))
      await expect(openLevelStore(directory, { ...small, quarantine: true })).rejects.toMatchObject({
        code: 'FORMAT_UNKNOWN',
      })
      expect(await readFile(file, 'utf8')).toBe(text)
      expect(await readdir(join(directory, 'records'))).toEqual(before)
    }
    await writeFile(file, 'godwit-store 2\n')
    await expect(openLevelStore(directory, small)).rejects.toThrow(/store format 2, and this version reads 1/)
  })

  it('with files of somebody else is refused and left as it is', async () => {
    const directory = temporaryDirectory()
    await mkdir(directory)
    await writeFile(join(directory, 'thesis.txt'), 'words')
    await expect(openLevelStore(directory, small)).rejects.toMatchObject({ code: 'NOT_A_STORE' })
    expect(await readdir(directory)).toEqual(['thesis.txt'])
  })

  it('with what only a mount brings is taken', async () => {
    const directory = temporaryDirectory()
    await mkdir(join(directory, 'lost+found'), { recursive: true })
    await (await openLevelStore(directory, small)).close()
  })

  it('that is a file is refused', async () => {
    const directory = temporaryDirectory()
    await writeFile(directory, '')
    await expect(openLevelStore(directory, small)).rejects.toMatchObject({ code: 'NOT_A_STORE' })
    await expect(openLevelStore(join(directory, 'below'), small)).rejects.toMatchObject({ code: 'NOT_A_STORE' })
  })

  const refusesToWrite = async (directory: string): Promise<void> => {
    await expect(openLevelStore(directory, small)).rejects.toMatchObject({
      code: 'STORE_READ_ONLY',
      message: expect.stringContaining('cannot be written to'),
    })
  }

  if (process.getuid?.() === 0) {
    it('on a read-only file system is refused', async () => {
      const directory = temporaryDirectory()
      await (await openLevelStore(directory, small)).close()
      await readOnlyMount(directory, async () => {
        await refusesToWrite(directory)
        await refusesToWrite(join(directory, 'other'))
      })
      await (await openLevelStore(directory, small)).close()
    })
  } else {
    // Root may write everywhere, so this is for everybody else.
    it('that may only be read is refused', async () => {
      const directory = temporaryDirectory()
      await (await openLevelStore(directory, small)).close()
      await chmod(join(directory, 'records'), 0o500)
      await refusesToWrite(directory)
      await chmod(join(directory, 'records'), 0o700)
    })
  }
})

describe('the lock', () => {
  it('keeps a second process out, whose refusal says what to do and harms nothing', async () => {
    const directory = temporaryDirectory()
    const writer = new WriterProcess(directory)
    await writer.printed(5)
    for (const quarantine of [false, true]) {
      await expect(openLevelStore(directory, { ...small, quarantine })).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringMatching(/already open, in another process.*stop the other one/),
      })
    }
    await writer.printed(writer.lines.length + 5)
    await writer.kill()
    const store = await openLevelStore(directory, small)
    expect(await newestBatch(store)).toBeGreaterThanOrEqual(writer.acknowledged)
    await store.close()
  })

  it('keeps this process from opening a directory twice, and still keeps others out after that', async () => {
    const directory = temporaryDirectory()
    const store = await openLevelStore(directory, small)
    await expect(openLevelStore(`${directory}/.`, small)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    const writer = new WriterProcess(directory)
    await writer.ended()
    expect(writer.lines).toEqual(['STORE_LOCKED'])
    await commitNumbered(store, 0, 1)
    await store.close()
    await (await openLevelStore(directory, small)).close()
  })

  it('is free after an opening that failed', async () => {
    const directory = temporaryDirectory()
    await (await openLevelStore(directory, small)).close()
    const current = join(directory, 'records/CURRENT')
    const text = await readFile(current, 'utf8')
    await writeFile(current, 'nonsense')
    await expect(openLevelStore(directory, small)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await writeFile(current, text)
    await (await openLevelStore(directory, small)).close()
  })
})

it.each([
  [{ durability: 'none' as 'fsync' }, /durability is "none"/],
  [{ minimumFreeBytes: -1 }, /minimumFreeBytes is -1/],
  [{ ballastBytes: 0.5 }, /ballastBytes is 0.5/],
  [{ spaceCheckMs: 0 }, /spaceCheckMs is 0; it is a whole number from 1 on/],
])('refuses options that mean nothing: %j', async (options, message) => {
  const directory = temporaryDirectory()
  await expect(openLevelStore(directory, options)).rejects.toThrow(message)
  await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('errors are recognised across copies of the package', () => {
  expect(LevelStoreError.isInstance(new LevelStoreError('STORE_LOCKED', 'text'))).toBe(true)
  expect(LevelStoreError.isInstance(new TypeError('text'))).toBe(false)
  expect(LevelStoreError.isInstance(undefined)).toBe(false)
})
