// What makes this package fast and is no part of what it does. `imports` in package.json gives browsers no-fast-paths.ts
// instead: there bytes that have to be loaded cost more than nanoseconds.

export { keepSpare, takeSpare } from './spare-memory.ts'
export { straightReading, straightWriting } from './straight-publish.ts'
