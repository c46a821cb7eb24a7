import { readFile, rename, rm, unlink, writeFile, link } from 'node:fs/promises'
import { SessionStoreError } from '../stores/session-store-error.ts'

/** Held by this process: the file alone would not keep a second store of the same process out. */
const held = new Set<string>()

/**
 * One process at a time. The file names the process, and when it began where the system tells that, so that a number that was given
 * to another process since keeps nobody out. A lock whose process is gone is taken over.
 *
 * @throws SessionStoreError `STORE_LOCKED`
 */
export async function lock(file: string): Promise<() => Promise<void>> {
  if (held.has(file)) throw locked(file, 'another client of this process')
  held.add(file)
  const own = `${file}.${process.pid}`
  try {
    await writeFile(own, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 })
    // A link fails where there is a lock, and the lock is never seen half written.
    for (let attempt = 0; ; attempt++) {
      try {
        await link(own, file)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === ATTEMPTS) throw error
        await takeAway(file)
      }
    }
  } catch (error) {
    held.delete(file)
    throw error
  } finally {
    await rm(own, { force: true })
  }
  return async () => {
    await unlink(file).catch(() => {})
    held.delete(file)
  }
}

const ATTEMPTS = 3

/** Takes a lock away whose owner is gone; throws where it is not. */
async function takeAway(file: string): Promise<void> {
  const owner = await readFile(file, 'utf8').catch(() => undefined)
  if (owner === undefined) return
  if (await isAlive(owner)) throw locked(file, `process ${owner.split(' ')[0]}`)
  // Two may find the same dead owner: only one of them moves its lock, and neither may move the lock of the other.
  const moved = `${file}.${process.pid}.gone`
  if (
    !(await rename(file, moved).then(
      () => true,
      () => false,
    ))
  )
    return
  if ((await readFile(moved, 'utf8').catch(() => owner)) !== owner) await link(moved, file).catch(() => {})
  await rm(moved, { force: true })
}

async function isAlive(owner: string): Promise<boolean> {
  const [pid = '', start = ''] = owner.split(' ')
  if (!/^[1-9][0-9]*$/.test(pid)) return false
  // An earlier process of this number left it: what this process holds is in `held`.
  if (Number(pid) === process.pid) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return start === '' || start === (await startOf(Number(pid)))
}

/** When a process began, in the system's ticks since it booted; empty where the system does not tell. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name of the program stands in brackets and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

const locked = (file: string, by: string) =>
  new SessionStoreError(
    'STORE_LOCKED',
    file,
    `${by} uses this Session; end it, or use another Client Identifier (${file})`,
  )
