import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const made: string[] = []

/** A path below a new directory that goes with the test. Nothing is there yet. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'godwit-store-'))
  made.push(directory)
  return join(directory, 'data')
}

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})
