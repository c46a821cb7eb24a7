import { chmod, copyFile, mkdir, open, readdir, rename, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { Inspection } from './inspection.ts'

/**
 * Moves what is damaged into a directory of its own and leaves a database that opens. Nothing is deleted. A log keeps the part in
 * front of its damage, and later logs go too: what is left is a state that the database really had. Where a table or the list of
 * tables is damaged, LevelDB finds out again what there is; what a lost table held is gone, and what it deleted may be back.
 *
 * @returns the files that were moved, where they are now
 */
export const quarantine = async (directory: string, inspection: Inspection, into: string): Promise<string[]> => {
  await mkdir(into, { recursive: true, mode: 0o700 })
  const moved: string[] = []
  const move = async (name: string): Promise<void> => {
    if (!(await exists(directory, name))) return
    await rename(join(directory, name), join(into, name))
    moved.push(join(into, name))
  }

  let repair = false
  let firstDamagedLog = Infinity
  for (const { file, keepBytes } of inspection.damages) {
    const name = basename(file)
    if (keepBytes === undefined) {
      repair = true
      await move(name)
      continue
    }
    firstDamagedLog = Math.min(firstDamagedLog, Number.parseInt(name, 10))
    await copyFile(file, join(into, name))
    await chmod(join(into, name), 0o600)
    moved.push(join(into, name))
    await cut(file, keepBytes)
  }
  for (const name of await readdir(directory)) {
    if (/^\d+\.log$/.test(name) && Number.parseInt(name, 10) > firstDamagedLog) await move(name)
  }
  if (repair) {
    // A table that is dead but not yet deleted would come to life again.
    const { liveTables } = inspection
    for (const name of await readdir(directory)) {
      if (/^\d+\.(ldb|sst)$/.test(name) && liveTables !== undefined && !liveTables.has(name)) await move(name)
    }
    await ClassicLevel.repair(directory)
    await emptyLost(directory, into, moved)
  }
  return moved
}

/** Cuts a file and makes that durable. */
export const cut = async (file: string, length: number): Promise<void> => {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(length)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** LevelDB puts what it has replaced into `lost`. */
const emptyLost = async (directory: string, into: string, moved: string[]): Promise<void> => {
  if (!(await exists(directory, 'lost'))) return
  for (const name of await readdir(join(directory, 'lost'))) {
    await rename(join(directory, 'lost', name), join(into, `replaced-${name}`))
    moved.push(join(into, `replaced-${name}`))
  }
  await rmdir(join(directory, 'lost'))
}

const exists = async (directory: string, name: string): Promise<boolean> => (await readdir(directory)).includes(name)
