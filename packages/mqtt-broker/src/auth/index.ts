export { createScramCredentials, type ScramCredentials } from './scram-credentials.ts'
export { ScramError, type ScramErrorCode } from './scram-error.ts'
export { scramSha256, type ScramOptions } from './scram-sha-256.ts'
export {
  type Access,
  AccessRules,
  type AccessRule,
  type AccessRuleSections,
  type Rights,
  type Subject,
} from './access-rules.ts'
export { parseAclFile } from './acl-file.ts'
export { AuthFileError, type AuthFileErrorCode } from './auth-file-error.ts'
export { AUTH_LIMITS, type AuthLimitName, type AuthLimits, DEFAULT_AUTH_LIMITS } from './auth-limits.ts'
export { FileLogin, type FileLoginOptions, type LoginFiles } from './file-login.ts'
export { type PasswordFile, type PasswordHash, parsePasswordFile } from './password-file.ts'
export { verifyPassword } from './password-hash.ts'
