import { readFile } from 'node:fs/promises'
import { StartFailure } from './exit-codes.ts'

/** The text of a file that an option names. */
export const readText = async (option: string, file: string): Promise<string> => {
  const bytes = await readFile(file).catch((error: unknown) => {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new StartFailure('file', `${option} ${file} cannot be read: ${REASONS[code] ?? message}`, error)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new StartFailure('file', `${option} ${file} cannot be read: it is not UTF-8 text`, error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  EACCES: 'this user may not; change its owner or its mode',
  EISDIR: 'it is a folder; name a file',
}
