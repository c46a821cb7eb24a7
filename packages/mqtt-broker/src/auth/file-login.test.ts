import { describe, expect, it } from 'vitest'
import type { AuthenticateRequest } from '../ports/authenticator.ts'
import type { Grant } from '../ports/grant.ts'
import { parseAclFile } from './acl-file.ts'
import { FileLogin, type FileLoginOptions } from './file-login.ts'
import { type PasswordHash, parsePasswordFile } from './password-file.ts'

const HASH = Buffer.alloc(64, 1).toString('base64')
const line = (name: string, salt = 'AAAA') => `${name}:$7$101$${salt}$${HASH}`
const PASSWORDS = parsePasswordFile([line('alice'), line('bob')].join('\n'))

const request = (username?: string, password?: string, clientId = 'c'): AuthenticateRequest => ({
  clientId,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: new TextEncoder().encode(password) }),
  protocolVersion: 5,
  peer: { transport: 'memory' },
})

/** A login whose password is always "right", with a count of how often it was hashed. */
const countingLogin = (options: FileLoginOptions) => {
  const checked: PasswordHash[] = []
  const login = new FileLogin({
    ...options,
    verify: async (expected, password) => {
      checked.push(expected)
      return new TextDecoder().decode(password) === 'right'
    },
  })
  return { login, checked }
}

const WRONG = { reasonCode: 0x86, reasonString: 'wrong User Name or Password' }

describe('a login by files', () => {
  it('is refused with 0x86 for a wrong name or password, and 0x87 without a name', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS })
    expect(await login.authenticate(request('alice', 'wrong'))).toEqual(WRONG)
    expect(await login.authenticate(request('alice'))).toEqual(WRONG)
    expect(await login.authenticate(request('mallory', 'right'))).toEqual(WRONG)
    expect(login.authenticate(request())).toMatchObject({ reasonCode: 0x87 })
    expect(checked).toHaveLength(2)
  })

  it('hostile #131: hashes an unknown name with the effort of a known one, and answers the same', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS })
    expect(await login.authenticate(request('mallory', 'right'))).toEqual(WRONG)
    expect(checked).toEqual([PASSWORDS.get('alice')])
    // And what was found out about the decoy lets nobody in.
    expect(await login.authenticate(request('mallory', 'right'))).toEqual(WRONG)
  })

  it('hostile #129: an empty password file lets nobody in', async () => {
    const { login } = countingLogin({ passwords: parsePasswordFile('') })
    expect(await login.authenticate(request('alice', 'right'))).toEqual(WRONG)
  })

  it('gives a principal and, without rules, all rights', async () => {
    const { login } = countingLogin({ passwords: PASSWORDS })
    const grant = (await login.authenticate(request('alice', 'right'))) as Grant
    expect(grant.principal).toBe('alice')
    expect([grant.canPublish!('a'), grant.canSubscribe!('#'), grant.canReceive!('$SYS')]).toEqual([true, true, true])
  })

  it('lets in Clients without a name where that is wanted', async () => {
    const { login } = countingLogin({ passwords: PASSWORDS, allowAnonymous: true, rules: parseAclFile('topic read a') })
    const grant = login.authenticate(request()) as Grant
    expect(grant.principal).toBe('')
    expect([grant.canReceive!('a'), grant.canPublish!('a')]).toEqual([true, false])
    expect(await login.authenticate(request('alice', 'wrong'))).toEqual(WRONG)
  })

  it('without passwords a User Name proves nothing: everybody is anonymous', () => {
    const login = new FileLogin({ rules: parseAclFile('topic read a\nuser alice\ntopic readwrite a') })
    const grant = login.authenticate(request('alice', 'x')) as Grant
    expect([grant.principal, grant.canReceive!('a'), grant.canPublish!('a')]).toEqual(['', true, false])
  })

  it('remembers verified credentials, and never wrong ones', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS })
    await login.authenticate(request('alice', 'right'))
    expect(login.authenticate(request('alice', 'right', 'other'))).toMatchObject({ principal: 'alice' })
    expect(checked).toHaveLength(1)
    await login.authenticate(request('bob', 'right'))
    expect(checked).toHaveLength(2)
    for (let time = 0; time < 2; time++) expect(await login.authenticate(request('alice', 'wrong'))).toEqual(WRONG)
    expect(checked).toHaveLength(4)
  })

  it('forgets the credentials that were not used for longest', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS, limits: { maximumVerifiedCredentials: 1 } })
    for (const name of ['alice', 'bob', 'alice']) await login.authenticate(request(name, 'right'))
    expect(checked).toHaveLength(3)
    await login.authenticate(request('alice', 'right'))
    expect(checked).toHaveLength(3)
    const forgetful = countingLogin({ passwords: PASSWORDS, limits: { maximumVerifiedCredentials: 0 } })
    for (let time = 0; time < 2; time++) await forgetful.login.authenticate(request('alice', 'right'))
    expect(forgetful.checked).toHaveLength(2)
  })

  it('hostile #132: a flood of logins is hashed two at a time, 256 wait, and the rest is told that the Server is busy', async () => {
    let running = 0
    let most = 0
    const login = new FileLogin({
      passwords: PASSWORDS,
      verify: async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return false
      },
    })
    const answers = Array.from({ length: 300 }, (_, number) => login.authenticate(request('alice', `guess ${number}`)))
    expect(answers.filter((answer) => 'reasonCode' in (answer as object))).toEqual(
      Array.from({ length: 300 - 2 - 256 }, () => ({ reasonCode: 0x89, reasonString: 'too many logins at once' })),
    )
    await Promise.all(answers.map(async (answer) => answer))
    expect(most).toBe(2)
  })

  it('the same credentials at once are hashed once', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS })
    const storm = Array.from({ length: 1_000 }, (_, number) =>
      login.authenticate(request('alice', 'right', `c${number}`)),
    )
    for (const grant of await Promise.all(storm.map(async (answer) => answer)))
      expect(grant).toMatchObject({ principal: 'alice' })
    expect(checked).toHaveLength(1)
  })

  it('a hash that fails is nobody else’s failure, and the next login tries anew', async () => {
    let fail = true
    const login = new FileLogin({
      passwords: PASSWORDS,
      verify: () => (fail ? Promise.reject(new TypeError('broken')) : Promise.resolve(true)),
    })
    await expect(login.authenticate(request('alice', 'right'))).rejects.toThrow('broken')
    fail = false
    expect(await login.authenticate(request('alice', 'right'))).toMatchObject({ principal: 'alice' })
  })
})

describe('files that are replaced', () => {
  it('hold for the rights that were given before', async () => {
    const { login } = countingLogin({ passwords: PASSWORDS, rules: parseAclFile('user alice\ntopic a') })
    const grant = (await login.authenticate(request('alice', 'right'))) as Grant
    expect([grant.canPublish!('a'), grant.canPublish!('b')]).toEqual([true, false])
    login.replace({ passwords: PASSWORDS, rules: parseAclFile('user alice\ntopic b') })
    expect([grant.canPublish!('a'), grant.canPublish!('b')]).toEqual([false, true])
  })

  it('leave a name that is gone without rights, and out', async () => {
    const { login } = countingLogin({ passwords: PASSWORDS })
    const grant = (await login.authenticate(request('bob', 'right'))) as Grant
    login.replace({ passwords: parsePasswordFile(line('alice')) })
    expect([grant.canPublish!('a'), grant.canSubscribe!('a'), grant.canReceive!('a')]).toEqual([false, false, false])
    expect(await login.authenticate(request('bob', 'right'))).toEqual(WRONG)
  })

  it('end what was remembered of another hash', async () => {
    const { login, checked } = countingLogin({ passwords: PASSWORDS })
    await login.authenticate(request('alice', 'right'))
    login.replace({ passwords: parsePasswordFile(line('alice', 'BBBB')) })
    await login.authenticate(request('alice', 'right'))
    expect(checked.map(({ encoded }) => encoded.split('$')[3])).toEqual(['AAAA', 'BBBB'])
  })

  it('refuse a login that was verified against the old ones', async () => {
    const { login } = countingLogin({ passwords: PASSWORDS })
    const answer = login.authenticate(request('alice', 'right'))
    login.replace({ passwords: parsePasswordFile(line('alice', 'BBBB')) })
    expect(await answer).toEqual(WRONG)
  })
})
