/**
 * Properties that only this package's core and shell, and what they call, ever see, of objects that there are several of: the build for
 * pages gives them short names. A name may stand here if no public declaration has it, no other entry uses it, and no object of
 * the platform has it that is used here; `internal-names.test.ts` looks at the first two.
 */
export const INTERNAL_NAMES = [
  'check',
  'connection',
  'deadline',
  'deadlineMs',
  'ended',
  'filters',
  'isGranted',
  'isOpen',
  'leave',
  'lingering',
  'offset',
  'probe',
  'receivers',
  'responseTimeoutMs',
  'stream',
  'take',
  'takeNow',
  'tellWritten',
  'tick',
  'waitingBytes',
  'whenWritten',
]
