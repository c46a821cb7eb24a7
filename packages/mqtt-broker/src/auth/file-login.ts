import { ReasonCode } from '@godwit/mqtt-codec'
import type { AuthenticateRequest, AuthenticateResult } from '../ports/authenticator.ts'
import type { Grant, Refusal } from '../ports/grant.ts'
import type { AccessRules, Rights, Subject } from './access-rules.ts'
import { type AuthLimits, DEFAULT_AUTH_LIMITS } from './auth-limits.ts'
import { BoundedWork } from './bounded-work.ts'
import type { PasswordFile, PasswordHash } from './password-file.ts'
import { verifyPassword } from './password-hash.ts'
import { VerifiedCredentials } from './verified-credentials.ts'

/** Who may log in, and to do what. */
export interface LoginFiles {
  /** The passwords. undefined: nobody is asked for one, User Names prove nothing, and everybody is anonymous. */
  readonly passwords?: PasswordFile | undefined
  /** The rights. undefined: everybody who is in may do everything. */
  readonly rules?: AccessRules | undefined
  /** Lets in Clients without a User Name although there are passwords. Default: false. */
  readonly allowAnonymous?: boolean
}

export interface FileLoginOptions extends LoginFiles {
  /** Limits other than the defaults of `AUTH_LIMITS`. */
  readonly limits?: Partial<AuthLimits>
  /** Checks a password. Default: `verifyPassword`. */
  readonly verify?: (expected: PasswordHash, password: Uint8Array) => Promise<boolean>
}

/**
 * Logins by a password file and rights by an ACL file, for `createBroker({ authenticate: login.authenticate })`. The rights
 * that it has given follow the files: after `replace`, `broker.recheckRights()` makes them hold for those who are connected.
 */
export class FileLogin {
  #files: LoginFiles
  readonly #work: BoundedWork
  readonly #verified: VerifiedCredentials
  readonly #verify: NonNullable<FileLoginOptions['verify']>
  /** Those that are being checked now, so that the same credentials are not hashed twice at once. */
  readonly #running = new Map<string, Promise<boolean>>()

  constructor(options: FileLoginOptions = {}) {
    const limits = { ...DEFAULT_AUTH_LIMITS, ...options.limits }
    this.#files = options
    this.#work = new BoundedWork(limits.maximumConcurrentHashes, limits.maximumWaitingHashes)
    this.#verified = new VerifiedCredentials(limits.maximumVerifiedCredentials)
    this.#verify = options.verify ?? verifyPassword
  }

  /** Other files from now on. A User Name that is gone keeps its connections and loses every right. */
  replace(files: LoginFiles): void {
    this.#files = files
  }

  /** The broker's `authenticate`. */
  readonly authenticate = (request: AuthenticateRequest): AuthenticateResult | Promise<AuthenticateResult> => {
    const { clientId, username, password } = request
    const { passwords, allowAnonymous = false } = this.#files
    if (passwords === undefined) return this.#grant({ clientId, username: undefined })
    if (username === undefined) return allowAnonymous ? this.#grant({ clientId, username }) : NOBODY
    if (password === undefined) return WRONG
    const expected = passwords.get(username)
    // An unknown name costs as much time as a wrong password, so that nobody can find out which names there are.
    const hashed = expected ?? firstOf(passwords)
    if (hashed === undefined) return WRONG
    const fingerprint = this.#verified.fingerprint(username, password, hashed)
    if (expected !== undefined && this.#verified.has(fingerprint)) return this.#grant({ clientId, username })
    const checked = this.#check(fingerprint, hashed, password)
    if (checked === undefined) return BUSY
    return checked.then((right) => {
      // The files may have been replaced while it took its time.
      if (!right || expected === undefined || this.#files.passwords?.get(username)?.encoded !== expected.encoded) {
        return WRONG
      }
      this.#verified.add(fingerprint)
      return this.#grant({ clientId, username })
    })
  }

  #check(fingerprint: string, expected: PasswordHash, password: Uint8Array): Promise<boolean> | undefined {
    const running = this.#running.get(fingerprint)
    if (running !== undefined) return running
    const started = this.#work.run(() => this.#verify(expected, password))
    if (started === undefined) return undefined
    const check = started.finally(() => this.#running.delete(fingerprint))
    this.#running.set(fingerprint, check)
    return check
  }

  /** A Grant that asks the files as they are then. */
  #grant(subject: Subject): Grant {
    let rules: AccessRules | undefined
    let rights: Rights | undefined
    const rightsNow = (): Rights => {
      const files = this.#files
      if (subject.username !== undefined && files.passwords?.has(subject.username) !== true) return NO_RIGHTS
      if (files.rules === undefined) return ALL_RIGHTS
      if (rights === undefined || rules !== files.rules) {
        rules = files.rules
        rights = rules.rightsOf(subject)
      }
      return rights
    }
    return {
      principal: subject.username ?? '',
      canPublish: (topicName) => rightsNow().canPublish(topicName),
      canSubscribe: (topicFilter) => rightsNow().canSubscribe(topicFilter),
      canReceive: (topicName) => rightsNow().canReceive(topicName),
    }
  }
}

const NOBODY: Refusal = { reasonCode: ReasonCode.NotAuthorized, reasonString: 'log in with a User Name and a Password' }
const WRONG: Refusal = { reasonCode: ReasonCode.BadUserNameOrPassword, reasonString: 'wrong User Name or Password' }
const BUSY: Refusal = { reasonCode: ReasonCode.ServerBusy, reasonString: 'too many logins at once' }

const all = (answer: boolean): Rights => ({
  canPublish: () => answer,
  canSubscribe: () => answer,
  canReceive: () => answer,
})
const ALL_RIGHTS = all(true)
const NO_RIGHTS = all(false)

/** What the password of an unknown name is checked against: as slow as the others, and its answer is not looked at. */
const firstOf = (passwords: PasswordFile): PasswordHash | undefined => passwords.values().next().value
