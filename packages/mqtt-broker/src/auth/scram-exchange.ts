import { timingSafeEqual } from 'node:crypto'
import type { AuthenticationExchange, AuthenticationStep } from '../ports/authentication-mechanism.ts'
import type { Grant } from '../ports/grant.ts'
import { saslprep } from './saslprep.ts'
import { hmacSha256, sha256, type ScramCredentials } from './scram-credentials.ts'
import { isScramFailure, parseClientFinal, parseClientFirst, type ClientFirst } from './scram-messages.ts'

/** What an exchange needs of its mechanism. */
export interface ScramServer {
  /** Always some: those of nobody where there is no such user, so that a Client cannot tell who exists. */
  credentials(username: string): CredentialsOrFake | Promise<CredentialsOrFake>
  /** Printable, without a comma: the Server's part of the nonce. */
  nonce(): string
  grant(username: string): Grant
}

export interface CredentialsOrFake {
  readonly credentials: ScramCredentials
  readonly fake: boolean
}

/** What the Server has said, and waits for the proof of. */
interface Challenge {
  readonly first: ClientFirst
  readonly username: string
  readonly nonce: string
  readonly serverFirst: string
  readonly known: CredentialsOrFake
}

/**
 * The Server's side of one exchange (RFC 5802 section 3): nonce and name; salt and iterations; proof; signature. Anything
 * out of order or wrong in any way ends it with the same answer.
 */
export class ScramExchange implements AuthenticationExchange {
  readonly #server: ScramServer
  #challenge: Challenge | undefined
  #begun = false

  constructor(server: ScramServer) {
    this.#server = server
  }

  step(data: Uint8Array | undefined): AuthenticationStep | Promise<AuthenticationStep> {
    // A Client may wait for an empty challenge before it speaks (RFC 4422 section 5).
    if (data === undefined && !this.#begun) return { type: 'continue' }
    const text = data === undefined ? undefined : decode(data)
    if (text === undefined) return refused('invalid-encoding')
    if (this.#challenge !== undefined) return this.#judge(this.#challenge, text)
    if (this.#begun) return refused('out-of-turn')
    this.#begun = true
    return this.#greet(text)
  }

  #greet(text: string): AuthenticationStep | Promise<AuthenticationStep> {
    const first = parseClientFirst(text)
    if (isScramFailure(first)) return refused(first.error)
    const username = saslprep(first.username)
    if (username === undefined || username === '') return refused('invalid-username-encoding')
    const known = this.#server.credentials(username)
    return 'then' in known
      ? known.then((found) => this.#answer(first, username, found))
      : this.#answer(first, username, known)
  }

  #answer(first: ClientFirst, username: string, known: CredentialsOrFake): AuthenticationStep {
    const nonce = first.nonce + this.#server.nonce()
    const { salt, iterations } = known.credentials
    const serverFirst = `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
    this.#challenge = { first, username, nonce, serverFirst, known }
    return { type: 'continue', data: Buffer.from(serverFirst) }
  }

  #judge({ first, username, nonce, serverFirst, known }: Challenge, text: string): AuthenticationStep {
    this.#challenge = undefined
    const final = parseClientFinal(text)
    if (isScramFailure(final)) return refused(final.error)
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`
    const { storedKey, serverKey } = known.credentials
    const clientSignature = hmacSha256(storedKey, authMessage)
    const proven =
      final.proof.length === clientSignature.length &&
      timingSafeEqual(sha256(exclusiveOr(final.proof, clientSignature)), storedKey)
    if (final.channelBinding !== Buffer.from(first.gs2Header).toString('base64'))
      return refused('channel-bindings-dont-match')
    if (final.nonce !== nonce) return refused('other-nonce')
    if (known.fake) return refused('unknown-user')
    if (!proven) return refused('invalid-proof')
    const signature = hmacSha256(serverKey, authMessage).toString('base64')
    const grant = this.#server.grant(username)
    return {
      type: 'success',
      data: Buffer.from(`v=${signature}`),
      grant: { ...grantMethods(grant), principal: grant.principal ?? username },
    }
  }
}

/** A spread would lose the methods of a Grant that is an instance of a class. */
const grantMethods = (grant: Grant): Grant => ({
  ...(grant.canPublish !== undefined && { canPublish: (topicName: string) => grant.canPublish!(topicName) }),
  ...(grant.canSubscribe !== undefined && { canSubscribe: (topicFilter: string) => grant.canSubscribe!(topicFilter) }),
  ...(grant.canReceive !== undefined && { canReceive: (topicName: string) => grant.canReceive!(topicName) }),
})

/** One answer to everything that is wrong: what it was is only for the log. */
const refused = (detail: string): AuthenticationStep => ({
  type: 'refused',
  reasonCode: 0x87,
  reasonString: 'the authentication failed',
  detail,
})

const exclusiveOr = (one: Uint8Array, other: Uint8Array): Uint8Array => one.map((byte, place) => byte ^ other[place]!)

const decode = (data: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return undefined
  }
}
