/** What a Client says first: `n,,n=user,r=nonce` (RFC 5802 section 7). */
export interface ClientFirst {
  /** The part before the nonce's sentence: repeated, as base64, in the last message. */
  readonly gs2Header: string
  readonly username: string
  readonly nonce: string
  /** Signed by both. */
  readonly bare: string
}

/** What a Client says last: `c=biws,r=nonce,p=proof`. */
export interface ClientFinal {
  readonly channelBinding: string
  readonly nonce: string
  readonly proof: Uint8Array
  readonly withoutProof: string
}

/** A message that is none, with the error of RFC 5802 that says why. */
export interface ScramFailure {
  readonly error: 'invalid-encoding' | 'extensions-not-supported' | 'channel-binding-not-supported' | 'other-error'
}

const LONGEST_NAME_BYTES = 1024

export const parseClientFirst = (text: string): ClientFirst | ScramFailure => {
  const matched = /^(?<gs2Header>(?<binding>n|y|p=[A-Za-z0-9.-]+),(?:a=(?<authorization>[^,]*))?,)(?<bare>.*)$/su.exec(
    text,
  )
  if (matched?.groups === undefined) return { error: 'invalid-encoding' }
  const { gs2Header = '', binding = '', authorization, bare = '' } = matched.groups
  if (binding.startsWith('p')) return { error: 'channel-binding-not-supported' }
  if (bare.startsWith('m=')) return { error: 'extensions-not-supported' }
  const [, name, nonce] = /^n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*$/u.exec(bare) ?? []
  if (name === undefined || nonce === undefined) return { error: 'invalid-encoding' }
  const username = decodeName(name)
  if (username === undefined) return { error: 'invalid-encoding' }
  // To act for somebody else is a right of its own, which nobody can be given here.
  if (authorization !== undefined && decodeName(authorization) !== username) return { error: 'other-error' }
  return { gs2Header, username, nonce, bare }
}

export const parseClientFinal = (text: string): ClientFinal | ScramFailure => {
  const matched =
    /^(?<withoutProof>c=(?<binding>[A-Za-z0-9+/=]+),r=(?<nonce>[\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=(?<proof>[A-Za-z0-9+/=]+)$/u.exec(
      text,
    )
  if (matched?.groups === undefined) return { error: 'invalid-encoding' }
  const { withoutProof = '', binding = '', nonce = '', proof = '' } = matched.groups
  return { channelBinding: binding, nonce, proof: Buffer.from(proof, 'base64'), withoutProof }
}

export const isScramFailure = (message: ClientFirst | ClientFinal | ScramFailure): message is ScramFailure =>
  'error' in message

/** Commas and equals signs of a name are written `=2C` and `=3D`; any other `=` is wrong. */
const decodeName = (name: string): string | undefined => {
  if (name === '' || name.length > LONGEST_NAME_BYTES || /=(?!2C|3D)/u.test(name)) return undefined
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
