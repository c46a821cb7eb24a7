export { createScramCredentials, type ScramCredentials } from './scram-credentials.ts'
export { ScramError, type ScramErrorCode } from './scram-error.ts'
export { scramSha256, type ScramOptions } from './scram-sha-256.ts'
