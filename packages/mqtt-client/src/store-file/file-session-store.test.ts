import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { StoreOperation } from '../ports/session-store.ts'
import { batches, expected, plain, sessionStoreSuite } from '../testing/session-store-suite.ts'
import { crc32c } from './crc32c.ts'
import { fileSessionStore } from './file-session-store.ts'
import { encodeBatch, encodeLog } from './session-log.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'godwit-session-'))
  folders.push(made)
  return made
}
/** The one log in a directory. */
const logIn = (directory: string) =>
  join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.session'))!,
  )

const put = (sequence: number, text: string): StoreOperation => ({
  type: 'outgoing-put',
  sequence,
  message: {
    topicName: 't',
    payload: new TextEncoder().encode(text),
    qos: 1,
    retain: false,
    properties: undefined,
    expiresAtMs: undefined,
  },
})

/** A directory with a log of these batches, each of one message. */
const written = async (count: number) => {
  const directory = folder()
  const store = fileSessionStore(directory)
  await store.load('client')
  for (let sequence = 1; sequence <= count; sequence++) await store.commit([put(sequence, `message ${sequence}`)])
  await store.close()
  return directory
}
const sequencesIn = async (directory: string, options = {}) => {
  const store = fileSessionStore(directory, options)
  const record = await store.load('client')
  await store.close()
  return record?.outgoing.map(({ sequence }) => sequence)
}

describe('the session store in files', () => {
  sessionStoreSuite(async () => {
    const directory = folder()
    return () => fileSessionStore(directory)
  })

  it('has the checksum of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe306_9283)
  })

  it('keeps its files private, and makes no path of a Client Identifier', async () => {
    const directory = join(folder(), 'made', 'here')
    const store = fileSessionStore(directory)
    await store.load('../../etc/passwd')
    expect(readdirSync(directory).every((name) => /^[0-9a-f]{40}\.session(\.lock)?$/.test(name))).toBe(true)
    expect([statSync(directory).mode & 0o777, statSync(logIn(directory)).mode & 0o777]).toEqual([0o700, 0o600])
    await store.close()
  })

  it('cuts a torn end, wherever it is torn and whatever stands behind: what was committed before is there', async () => {
    const directory = await written(3)
    const file = logIn(directory)
    const whole = readFileSync(file)
    const last = encodeBatch([put(3, 'message 3')]).length
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: last - 1 }),
        fc.uint8Array({ maxLength: 40 }),
        async (cut, garbage) => {
          writeFileSync(file, Buffer.concat([whole.subarray(0, whole.length - cut), garbage]))
          expect(await sequencesIn(directory)).toEqual([1, 2])
          // It goes on behind the cut.
          const store = fileSessionStore(directory)
          await store.load('client')
          await store.commit([put(4, 'behind')])
          await store.close()
          expect(await sequencesIn(directory)).toEqual([1, 2, 4])
        },
      ),
      { numRuns: 25 },
    )
  })

  it('cuts zeros, which a file system may leave at the end', async () => {
    const directory = await written(2)
    appendFileSync(logIn(directory), new Uint8Array(4096))
    expect(await sequencesIn(directory)).toEqual([1, 2])
  })

  it('a crash at any byte of the creation leaves nothing, or a Session that is empty', async () => {
    const beginning = encodeLog('client', [])
    for (let length = 0; length < beginning.length; length++) {
      const directory = await written(0)
      writeFileSync(logIn(directory), beginning.subarray(0, length))
      expect(await sequencesIn(directory)).toBeUndefined()
    }
  })

  it('refuses what is damaged before its end, names file and byte, changes nothing; quarantine keeps what lies before', async () => {
    const directory = await written(3)
    const file = logIn(directory)
    const whole = readFileSync(file)
    const damage = whole.indexOf('message 2')
    const damaged = Buffer.from(whole)
    damaged[damage]! ^= 1
    writeFileSync(file, damaged)
    const refused = fileSessionStore(directory).load('client')
    await expect(refused).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      place: file,
      message: expect.stringMatching(/byte \d+/),
    })
    expect(readFileSync(file)).toEqual(damaged)
    expect(await sequencesIn(directory, { quarantine: true })).toEqual([1])
    const aside = readdirSync(directory).find((name) => name.includes('.damaged-'))!
    expect(readFileSync(join(directory, aside))).toEqual(damaged)
    expect(await sequencesIn(directory)).toEqual([1])
  })

  it('no flipped bit changes what comes back: it is refused, or cut as the end', async () => {
    const directory = await written(3)
    const file = logIn(directory)
    const whole = readFileSync(file)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 }), async (at, bit) => {
        const flipped = Buffer.from(whole)
        flipped[at]! ^= 1 << bit
        writeFileSync(file, flipped)
        const store = fileSessionStore(directory)
        const outcome = await store.load('client').then(
          (record) => record && plain(record),
          (error: { code: string }) => error.code,
        )
        await store.close()
        const texts =
          typeof outcome === 'object'
            ? outcome.outgoing.map(({ message }) => Buffer.from(message.payload).toString())
            : []
        expect(['STORE_DAMAGED', 'STORE_FOREIGN', 'object']).toContain(typeof outcome === 'object' ? 'object' : outcome)
        expect(['message 1', 'message 2', 'message 3'].slice(0, texts.length)).toEqual(texts)
      }),
      { numRuns: 100 },
    )
  })

  it('refuses a file that is no log, and one of another format, and leaves them as they are', async () => {
    const directory = await written(1)
    const file = logIn(directory)
    writeFileSync(file, 'godwit session 2\nwhatever')
    await expect(fileSessionStore(directory).load('client')).rejects.toMatchObject({
      code: 'STORE_FOREIGN',
      place: file,
    })
    expect(readFileSync(file, 'utf8')).toBe('godwit session 2\nwhatever')
  })

  it('writes a long log anew, and loses nothing by it', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const directory = folder()
        const store = fileSessionStore(directory, { compactFromBytes: 64 })
        await store.load('client')
        for (const operations of all) await store.commit(operations)
        await store.close()
        const again = fileSessionStore(directory)
        const record = await again.load('client')
        await again.close()
        expect(record && plain(record)).toEqual(expected(all))
      }),
      { numRuns: 25 },
    )
    const directory = folder()
    const store = fileSessionStore(directory, { compactFromBytes: 1000 })
    await store.load('client')
    for (let sequence = 1; sequence <= 200; sequence++) {
      await store.commit([put(sequence, 'x'.repeat(100))])
      await store.commit([{ type: 'outgoing-delete', sequence }])
    }
    await store.close()
    expect(statSync(logIn(directory)).size).toBeLessThan(2000)
    expect(readdirSync(directory).length).toBe(1)
  })
})

describe('the lock of a Session', () => {
  it('keeps a second store out, in this process and in another, and is gone with the first', async () => {
    const directory = folder()
    const first = fileSessionStore(directory)
    await first.load('client')
    await expect(fileSessionStore(directory).load('client')).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    const other = fileSessionStore(directory)
    await other.load('another client')
    await other.close()
    await first.close()
    expect(await sequencesIn(directory)).toEqual([])
    // A process that lives and is not this one: the one that started the tests.
    writeFileSync(`${logIn(directory)}.lock`, `${process.ppid}`)
    const file = readdirSync(directory).filter((name) => name.endsWith('.lock'))
    expect(file).toHaveLength(1)
    const stores = [fileSessionStore(directory), fileSessionStore(directory)]
    const refusals = await Promise.allSettled(['client', 'another client'].map((id, place) => stores[place]!.load(id)))
    for (const store of stores) await store.close()
    expect(refusals.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('of a process that is gone, or of a later one with its number, is taken over', async () => {
    const directory = await written(1)
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    for (const owner of [`${gone} 1`, `${process.ppid} 1`, `${process.pid} 1`, 'nonsense']) {
      writeFileSync(`${logIn(directory)}.lock`, owner)
      const isLinux = process.platform === 'linux'
      if (!isLinux && owner.startsWith(`${process.ppid}`)) continue
      expect(await sequencesIn(directory)).toEqual([1])
    }
  })
})
