import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuthenticationExchange, AuthenticationStep } from '../ports/authentication-mechanism.ts'
import { createScramCredentials } from './scram-credentials.ts'
import { ScramExchange } from './scram-exchange.ts'
import { ScramError } from './scram-error.ts'
import { scramSha256, type ScramOptions } from './scram-sha-256.ts'

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words)
const request = { clientId: 'c', peer: { transport: 'memory' } } as const

/** The example of RFC 7677 section 3. */
const RFC = {
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
}

const pencil = createScramCredentials('pencil', { salt: RFC.salt, iterations: 4096 })

const users = async (options: Partial<ScramOptions> = {}): Promise<AuthenticationExchange> => {
  const credentials = await pencil
  const mechanism = scramSha256({
    credentials: (username) => (username === 'user' ? credentials : undefined),
    ...options,
  })
  expect(mechanism.name).toBe('SCRAM-SHA-256')
  return mechanism.begin(request)
}

/** A Client that knows only RFC 5802: what it sends last, and the signature that it expects. */
const clientFinal = (password: string, first: string, serverFirst: string, header = 'n,,'): [string, string] => {
  const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const hmac = (key: Uint8Array, words: string) => createHmac('sha256', key).update(words).digest()
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonce}`
  const authMessage = `${first.slice(header.length)},${serverFirst},${withoutProof}`
  const signature = hmac(storedKey, authMessage)
  const proof = clientKey.map((byte, place) => byte ^ signature[place]!)
  return [
    `${withoutProof},p=${Buffer.from(proof).toString('base64')}`,
    `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`,
  ]
}

describe('SCRAM-SHA-256', () => {
  it('RFC 7677 section 3: the keys, and the signature for the proof of its example', async () => {
    const { storedKey, serverKey } = await pencil
    // The nonce of the RFC is no base64 of random bytes, so the exchange is driven below the mechanism.
    const exchange = new ScramExchange({
      credentials: () => ({ credentials: { salt: RFC.salt, iterations: 4096, storedKey, serverKey }, fake: false }),
      nonce: () => RFC.nonce,
      grant: () => ({}),
    })
    const challenge = (await exchange.step(bytes(RFC.clientFirst))) as Extract<AuthenticationStep, { type: 'continue' }>
    expect(text(challenge.data)).toBe(RFC.serverFirst)
    const success = await exchange.step(bytes(RFC.clientFinal))
    expect(success).toMatchObject({ type: 'success', grant: { principal: 'user' } })
    expect('data' in success && text(success.data)).toBe(RFC.serverFinal)
  })

  const converse = async (
    exchange: AuthenticationExchange,
    password: string,
    first = 'n,,n=user,r=abc',
    change: (final: string) => string = (final) => final,
    header = 'n,,',
  ): Promise<{ last: AuthenticationStep; signature: string }> => {
    const challenge = await exchange.step(bytes(first))
    if (challenge.type !== 'continue') return { last: challenge, signature: '' }
    const [final, signature] = clientFinal(password, first, text(challenge.data), header)
    return { last: await exchange.step(bytes(change(final))), signature }
  }

  it('lets in who knows the password, and proves that it knows the user', async () => {
    const { last, signature } = await converse(await users(), 'pencil')
    expect(last.type).toBe('success')
    expect('data' in last && text(last.data)).toBe(signature)
  })

  it('asks for credentials that take their time, and gives the rights of that user', async () => {
    const credentials = await pencil
    const exchange = await users({
      credentials: async () => credentials,
      grant: (username) => ({ canPublish: (topicName) => topicName === username }),
    })
    const { last } = await converse(exchange, 'pencil')
    const grant = last.type === 'success' ? last.grant : undefined
    expect([grant?.principal, grant?.canPublish?.('user'), grant?.canPublish?.('x')]).toEqual(['user', true, false])
  })

  it('waits for a Client that says nothing in its CONNECT', async () => {
    const exchange = await users()
    expect(await exchange.step(undefined)).toEqual({ type: 'continue' })
    expect((await converse(exchange, 'pencil')).last.type).toBe('success')
  })

  it('hostile #131: a wrong password and an unknown user look the same, step by step', async () => {
    const wrong = await converse(await users(), 'pen')
    const unknown = await converse(await users(), 'pencil', 'n,,n=nobody,r=abc')
    const { detail, ...told } = wrong.last as Extract<AuthenticationStep, { type: 'refused' }>
    const { detail: other, ...toldNobody } = unknown.last as Extract<AuthenticationStep, { type: 'refused' }>
    expect([told, detail, other]).toEqual([toldNobody, 'invalid-proof', 'unknown-user'])
    expect(told).toEqual({ type: 'refused', reasonCode: 0x87, reasonString: 'the authentication failed' })
  })

  it('an unknown user has the same salt each time, and another one has another', async () => {
    const mechanism = scramSha256({ credentials: () => undefined })
    const salt = async (username: string) => {
      const step = await mechanism.begin(request).step(bytes(`n,,n=${username},r=abc`))
      return /s=([^,]+),i=15000$/.exec('data' in step ? text(step.data) : '')?.[1]
    }
    expect(await salt('a')).toBe(await salt('a'))
    expect(await salt('a')).not.toBe(await salt('b'))
    expect(Buffer.from((await salt('a'))!, 'base64')).toHaveLength(16)
  })

  it.each([
    ['a proof for another nonce', (final: string) => final.replace('r=abc', 'r=abd'), 'other-nonce'],
    ['other channel binding data', (final: string) => final.replace('c=biws', 'c=eSws'), 'channel-bindings-dont-match'],
    ['a short proof', (final: string) => final.replace(/p=.*/, 'p=AAAA'), 'invalid-proof'],
    ['no proof', (final: string) => final.replace(/,p=.*/, ''), 'invalid-encoding'],
    ['the first message again', () => 'n,,n=user,r=abc', 'invalid-encoding'],
  ])('refuses %s', async (_name, change, detail) => {
    const { last } = await converse(await users(), 'pencil', undefined, change)
    expect(last).toMatchObject({ type: 'refused', reasonCode: 0x87, detail })
  })

  it('takes one proof only: a second guess needs a new exchange', async () => {
    const exchange = await users()
    await converse(exchange, 'wrong')
    expect(await exchange.step(bytes('c=biws,r=abc,p=AAAA'))).toMatchObject({ type: 'refused', detail: 'out-of-turn' })
    expect(await exchange.step(bytes('n,,n=user,r=abc'))).toMatchObject({ type: 'refused', detail: 'out-of-turn' })
  })

  it.each([
    ['p=tls-unique,,n=user,r=abc', 'channel-binding-not-supported'],
    ['n,,m=x,n=user,r=abc', 'extensions-not-supported'],
    ['n,a=other,n=user,r=abc', 'other-error'],
    ['n,,n=us=er,r=abc', 'invalid-encoding'],
    ['n,,n=,r=abc', 'invalid-encoding'],
    ['n,,n=user,r=', 'invalid-encoding'],
    ['n,,n=user', 'invalid-encoding'],
    ['', 'invalid-encoding'],
    ['n,,n=\u0007,r=abc', 'invalid-username-encoding'],
    [`n,,n=${'x'.repeat(1025)},r=abc`, 'invalid-encoding'],
  ])('refuses to begin with %j', async (first, detail) => {
    expect(await (await users()).step(bytes(first))).toMatchObject({ type: 'refused', reasonCode: 0x87, detail })
  })

  it('refuses bytes that are no text', async () => {
    expect(await (await users()).step(Uint8Array.of(0xff))).toMatchObject({ detail: 'invalid-encoding' })
  })

  it('knows a name with a comma and an equals sign, an authorization identity that is the same, and the flag y', async () => {
    const credentials = await pencil
    const asked: string[] = []
    const exchange = await users({ credentials: (username) => (asked.push(username), credentials) })
    const header = 'y,a=a=2Cb=3Dc,'
    const { last } = await converse(exchange, 'pencil', `${header}n=a=2Cb=3Dc,r=abc`, undefined, header)
    expect([last.type, asked]).toEqual(['success', ['a,b=c']])
  })

  it('the nonce is unguessable: 18 random bytes, new each time', async () => {
    const nonces = await Promise.all(
      [1, 2].map(async () => {
        const step = await (await users()).step(bytes('n,,n=user,r=abc'))
        return /^r=abc([^,]+),/.exec('data' in step ? text(step.data) : '')?.[1] ?? ''
      }),
    )
    expect(nonces[0]).not.toBe(nonces[1])
    for (const nonce of nonces) expect(nonce).toMatch(/^[A-Za-z0-9+/]{24}$/)
  })
})

describe('createScramCredentials', () => {
  it('draws a salt, and takes 15,000 iterations', async () => {
    const [one, other] = [await createScramCredentials('pencil'), await createScramCredentials('pencil')]
    expect([one.iterations, one.salt.length, one.storedKey.length]).toEqual([15_000, 16, 32])
    expect(one.salt).not.toEqual(other.salt)
  })

  it('makes the same keys of passwords that SASLprep makes the same', async () => {
    const of = (password: string) => createScramCredentials(password, { salt: RFC.salt, iterations: 4096 })
    expect((await of('I\u00adX')).storedKey).toEqual((await of('IX')).storedKey)
  })

  it.each([
    ['', {}, 'INVALID_PASSWORD'],
    ['a\u0007', {}, 'INVALID_PASSWORD'],
    ['a', { iterations: 4095 }, 'INVALID_ITERATIONS'],
    ['a', { iterations: 4096.5 }, 'INVALID_ITERATIONS'],
  ])('refuses %j with %j', async (password, options, code) => {
    const error = await createScramCredentials(password, options).catch((reason: unknown) => reason)
    expect(ScramError.isInstance(error) && error.code).toBe(code)
  })
})
