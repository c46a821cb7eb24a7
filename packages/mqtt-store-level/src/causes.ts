/**
 * What an error of the file system or of LevelDB means. LevelDB hands on only the text of `strerror`, which its library writes in
 * English, since Node never sets a locale.
 */
export const isNoSpace = (error: unknown): boolean =>
  hasCode(error, 'ENOSPC') ||
  hasCode(error, 'EDQUOT') ||
  chainMatches(error, /no space left|quota exceeded|not enough space/i)

export const isReadOnly = (error: unknown): boolean =>
  hasCode(error, 'EACCES') ||
  hasCode(error, 'EROFS') ||
  hasCode(error, 'EPERM') ||
  chainMatches(error, /permission denied|read-only file system/i)

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && ((error as NodeJS.ErrnoException).code === code || hasCode(error.cause, code))

const chainMatches = (error: unknown, pattern: RegExp): boolean =>
  error instanceof Error && (pattern.test(error.message) || chainMatches(error.cause, pattern))
