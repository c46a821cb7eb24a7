import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthFileError } from './auth-file-error.ts'
import { parsePasswordFile } from './password-file.ts'
import { verifyPassword } from './password-hash.ts'

// Written by mosquitto_passwd 2.0.11.
const ALICE =
  'alice:$7$101$3iNmyozqHK7opJzh$d72eHXUiDjxWmjbEOLMPMPblWJWjmdfH7BVE67veBP28YBfMkITVozhtoSHJRfxAMdvp6aVrBLliE24nub5n1g=='
const CAROL =
  'carol:$6$t6k/gwJF7tOpLrSz$zOZXvbLbQGUdmdx8Kji/iytOObYHx+zyb57OGHCoQy7Qe6olEfNT4rH24WKWtRZxx1V3uq9Qi6Z1TgKAPktD9Q=='
const HASH = 'A'.repeat(86) + '=='

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const fault = (content: string): AuthFileError => {
  try {
    parsePasswordFile(content, 'passwords')
  } catch (error) {
    if (AuthFileError.isInstance(error)) return error
    throw error
  }
  throw new TypeError('the file was accepted')
}

describe('a password file', () => {
  it('holds the hashes of mosquitto_passwd, and they verify', async () => {
    const passwords = parsePasswordFile(`# who may in\n\n${ALICE}\r\n  ${CAROL}\n`)
    expect([...passwords.keys()]).toEqual(['alice', 'carol'])
    expect(passwords.get('alice')).toMatchObject({ scheme: 'pbkdf2-sha512', iterations: 101 })
    const verdicts = [
      ['alice', 'secret'],
      ['alice', 'Secret'],
      ['alice', ''],
      ['carol', 'old secret'],
      ['carol', 'old secret '],
    ].map(([name, password]) => verifyPassword(passwords.get(name!)!, bytes(password!)))
    expect(await Promise.all(verdicts)).toEqual([true, false, false, true, false])
  })

  it('may have spaces in names and begin with a byte order mark', () => {
    expect([...parsePasswordFile(`\uFEFFbob smith :$6$AAAA$${HASH}`).keys()]).toEqual(['bob smith'])
  })

  it.each([
    ['alice', 'passwords:1:1: there is no colon'],
    [`# x\n  :$6$AAAA$${HASH}`, 'passwords:2:3: there is no User Name'],
    [`${ALICE}\nalice:$6$AAAA$${HASH}`, 'passwords:2:1: the User Name "alice" is here a second time'],
    ['alice:', 'passwords:1:7: there is no hash'],
    ['alice:secret', 'passwords:1:7: this is not a hash'],
    ['alice:sec$6$AAAA$BBBB', 'passwords:1:7: this is not a hash'],
    ['alice:$6$AAAA', 'passwords:1:7: a $6$ hash is'],
    ['alice:$7$AAAA$BBBB', 'passwords:1:7: a $7$ hash is'],
    [`alice:$7$0$AAAA$${HASH}`, 'passwords:1:7: the iterations'],
    [`alice:$7$1e3$AAAA$${HASH}`, 'passwords:1:7: the iterations'],
    [`alice:$7$10000001$AAAA$${HASH}`, 'passwords:1:7: the iterations'],
    [`alice:$6$A*AA$${HASH}`, 'passwords:1:7: the salt is not base64'],
    [`alice:$6$$${HASH}`, 'passwords:1:7: the salt is not base64'],
    ['alice:$6$AAAA$AAAA', 'passwords:1:7: the hash is not 64 bytes'],
    ['alice:$2b$10$AAAA', 'passwords:1:7: hashes of the kind $2b$ are not known'],
  ])('says where %j is wrong', (content, message) => {
    expect(fault(content).message).toContain(message)
  })

  it('hostile #134: never repeats a plain password in a message', () => {
    expect(fault('alice:hunter2').message).not.toContain('hunter2')
    expect(fault('alice:$9$hunter2').message).not.toContain('hunter2')
  })

  it('is read, or refused with a place that exists, whatever it holds', () => {
    const piece = fc.constantFrom('alice', ':', '$', '6', '7', '101', 'AAAA', HASH, ' ', '\n', '\r\n', '#', 'é')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const content = pieces.join('')
        try {
          for (const { hash, iterations } of parsePasswordFile(content).values()) {
            expect(hash).toHaveLength(64)
            expect(iterations).toBeGreaterThan(0)
          }
        } catch (error) {
          if (!AuthFileError.isInstance(error)) throw error
          const line = content.split('\n')[error.line - 1]!
          expect(error.column).toBeGreaterThan(0)
          expect(error.column).toBeLessThanOrEqual(line.length + 1)
        }
      }),
    )
  })
})
