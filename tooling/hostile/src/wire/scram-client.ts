import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { bytes, text } from './bytes.ts'
import { type Connack, readConnack, readReason } from './frames.ts'
import { auth, connect, type ConnectFields } from './packets.ts'
import { Unmet, type WireClient } from './wire-client.ts'

const NONCE = 'fyko+d2lbbFgONRv9qkxdawL'
const METHOD = bytes(0x15, text('SCRAM-SHA-256'))

/** The first message of a Client (RFC 5802). */
export const clientFirst = (username: string): string => `n,,n=${username},r=${NONCE}`

/** A Client's side of SCRAM-SHA-256. */
export class ScramClient {
  readonly #username: string
  readonly #password: string

  constructor(username: string, password: string) {
    this.#username = username
    this.#password = password
  }

  /** Logs in, and gives what the CONNACK says. */
  async connect(
    client: WireClient,
    clientId: string,
    { clean = true, properties = Buffer.alloc(0) }: Pick<ConnectFields, 'clean' | 'properties'> = {},
  ): Promise<Connack> {
    const first = clientFirst(this.#username)
    client.send(connect({ version: 5, clientId, clean, properties: bytes(METHOD, 0x16, text(first), properties) }))
    const challenge = readReason(await client.expect('auth')).properties.find(({ id }) => id === 0x16)?.value
    client.send(auth(0x18, METHOD, 0x16, text(this.#final(first, String(challenge)))))
    const connack = readConnack(await client.expect('connack'), 5)
    if (connack.code !== 0) throw new Unmet(`CONNACK with ${connack.code} behind SCRAM-SHA-256`)
    return connack
  }

  #final(first: string, challenge: string): string {
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? []
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
    const clientKey = createHmac('sha256', salted).update('Client Key').digest()
    const storedKey = createHash('sha256').update(clientKey).digest()
    const withoutProof = `c=biws,r=${nonce}`
    const message = `${first.slice(3)},${challenge},${withoutProof}`
    const signature = createHmac('sha256', storedKey).update(message).digest()
    return `${withoutProof},p=${Buffer.from(clientKey.map((byte, place) => byte ^ signature[place]!)).toString('base64')}`
  }
}
