import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Runs something while a directory is a read-only view of itself. Only root can. */
export const readOnlyMount = async (directory: string, work: () => Promise<void>): Promise<void> => {
  execFileSync('mount', ['--bind', directory, directory])
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', directory])
    await work()
  } finally {
    execFileSync('umount', ['--lazy', directory])
  }
}

/** Runs something with a disk of its own, of so many bytes, at a directory. Only root can. */
export const smallDisk = async (directory: string, bytes: number, work: () => Promise<void>): Promise<void> => {
  mkdirSync(directory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory])
  try {
    await work()
  } finally {
    execFileSync('umount', ['--lazy', directory])
  }
}
