import { describe, expect, it } from 'vitest'
import type { Subject } from './access-rules.ts'
import { parseAclFile } from './acl-file.ts'
import { AuthFileError } from './auth-file-error.ts'

const fault = (content: string): AuthFileError => {
  try {
    parseAclFile(content, 'acl')
  } catch (error) {
    if (AuthFileError.isInstance(error)) return error
    throw error
  }
  throw new TypeError('the file was accepted')
}

const anonymous: Subject = { clientId: 'c1', username: undefined }
const roger: Subject = { clientId: 'c1', username: 'roger' }

/** What somebody may do to each topic: r, w, rw or -. */
const may = (content: string, subject: Subject, ...topics: string[]): string[] => {
  const rights = parseAclFile(content).rightsOf(subject)
  return topics.map((topic) => `${rights.canReceive(topic) ? 'r' : ''}${rights.canPublish(topic) ? 'w' : ''}` || '-')
}

describe('an ACL file', () => {
  it("is Debian's example", () => {
    const example = `# This affects access control for clients with no username.
topic read $SYS/#

# This only affects clients with username "roger".
user roger
topic foo/bar

# This affects all clients.
pattern write $SYS/broker/connection/%c/state
`
    const topics = ['$SYS/broker/uptime', 'foo/bar', '$SYS/broker/connection/c1/state', 'x']
    expect(may(example, anonymous, ...topics)).toEqual(['r', '-', 'rw', '-'])
    expect(may(example, roger, ...topics)).toEqual(['-', 'rw', 'w', '-'])
  })

  it('hostile #129: forbids everything when it is empty', () => {
    expect(may('', anonymous, 'a')).toEqual(['-'])
    expect(may('# nothing', roger, 'a')).toEqual(['-'])
  })

  it('takes each access, and both rights without one', () => {
    const content = 'topic read r\ntopic write w\ntopic readwrite rw\ntopic both\ntopic deny d\n'
    expect(may(content, anonymous, 'r', 'w', 'rw', 'both', 'd')).toEqual(['r', 'w', 'rw', 'rw', '-'])
  })

  it('a word alone is a topic, also "read"', () => {
    expect(may('topic read', anonymous, 'read')).toEqual(['rw'])
  })

  it('topics may hold spaces behind an access', () => {
    expect(may('topic readwrite a room/lamp 1', anonymous, 'a room/lamp 1', 'a')).toEqual(['rw', '-'])
    expect(fault('topic a room').message).toBe(
      'acl:1:7: "a" is none of read, write, readwrite, deny; a Topic Filter with a space needs one of them before it',
    )
  })

  it('a denial outweighs a grant, whichever comes first', () => {
    const content = 'topic readwrite a/#\ntopic deny a/secret/#\ntopic readwrite a/secret/door'
    expect(may(content, anonymous, 'a/x', 'a/secret/door', 'a/secret')).toEqual(['rw', '-', '-'])
  })

  it('an own grant outweighs the denial of a pattern, as in Mosquitto', () => {
    const content = 'pattern deny a/%u\npattern readwrite a/#\nuser roger\ntopic read a/roger'
    expect(may(content, roger, 'a/roger', 'a/other')).toEqual(['r', 'rw'])
    expect(may(content, { clientId: 'c', username: 'eve' }, 'a/eve', 'a/other')).toEqual(['-', 'rw'])
  })

  it('sections of one user add up, and nobody else has them', () => {
    const content = 'user roger\ntopic a\nuser bob smith\ntopic b\nuser roger\ntopic c'
    expect(may(content, roger, 'a', 'b', 'c')).toEqual(['rw', '-', 'rw'])
    expect(may(content, { clientId: 'x', username: 'bob smith' }, 'a', 'b', 'c')).toEqual(['-', 'rw', '-'])
    expect(may(content, anonymous, 'a', 'b', 'c')).toEqual(['-', '-', '-'])
  })

  it('the anonymous section is not for those with a User Name', () => {
    expect(may('topic a', roger, 'a')).toEqual(['-'])
  })

  it('patterns hold the Client Identifier and the User Name, more than once', () => {
    const content = 'pattern readwrite %u/%c/%c-x\npattern write in/%c'
    expect(may(content, roger, 'roger/c1/c1-x', 'in/c1', 'in/c2')).toEqual(['rw', 'w', '-'])
    expect(may(content, anonymous, '%u/c1/c1-x', 'in/c1')).toEqual(['-', 'w'])
  })

  it('hostile #99: a name that is a wildcard gets nothing from patterns', () => {
    const content = 'pattern readwrite own/%c/#\npattern readwrite of/%u\npattern readwrite all'
    for (const subject of [
      { clientId: '+', username: 'roger' },
      { clientId: '#', username: undefined },
      { clientId: 'c', username: 'a/#' },
    ]) {
      expect(may(content, subject, 'own/c/x', 'own/+/x', 'of/roger', 'of/a/b', 'all')).toEqual([
        '-',
        '-',
        '-',
        '-',
        '-',
      ])
    }
  })

  it('hostile #99: a Client Identifier does not reach into the topics of another', () => {
    const content = 'pattern readwrite of/%c/#\npattern deny not/%c\npattern readwrite not/#'
    expect(may(content, { clientId: 'victim/x', username: undefined }, 'of/victim/x', 'of/victim/x/y')).toEqual([
      '-',
      '-',
    ])
    expect(may(content, { clientId: 'a/b', username: undefined }, 'not/a/b', 'not/c')).toEqual(['-', 'rw'])
  })

  it('hostile #99: what is put into a pattern is not looked at again', () => {
    const content = 'pattern readwrite of/%c/%u'
    expect(may(content, { clientId: '%u', username: 'roger' }, 'of/%u/roger', 'of/roger/roger')).toEqual(['rw', '-'])
    expect(may(content, { clientId: 'c', username: '%c' }, 'of/c/%c', 'of/c/c')).toEqual(['rw', '-'])
    expect(may('pattern readwrite %c', { clientId: '$&', username: undefined }, '$&')).toEqual(['rw'])
  })

  it('a Client without an identifier of its own has no pattern with one', () => {
    expect(may('pattern readwrite a/%c', { clientId: '', username: undefined }, 'a/', 'a')).toEqual(['-', '-'])
  })

  it('[MQTT-4.7.2-1 v3.1.1 v5.0] a wildcard does not open $SYS', () => {
    expect(may('topic #\ntopic +/x', anonymous, '$SYS/x', '$SYS', 'a/x')).toEqual(['-', '-', 'rw'])
  })

  it('knows whether User Names matter', () => {
    expect(parseAclFile('topic a\npattern b/%c').dependOnUsername).toBe(false)
    expect(parseAclFile('pattern b/%u').dependOnUsername).toBe(true)
    expect(parseAclFile('user u').dependOnUsername).toBe(true)
  })

  it.each([
    ['topics a', 'acl:1:1: "topics" begins no line'],
    ['# a\n\n   user', 'acl:3:4: there is no name after "user"'],
    ['topic', 'acl:1:1: there is no Topic Filter after "topic"'],
    ['pattern', 'acl:1:1: there is no Topic Filter after "pattern"'],
    ['topic readonly a', 'acl:1:7: "readonly" is none of'],
    ['topic read  a/#/b', 'acl:1:15: "a/#/b" is not a Topic Filter: # is the last level'],
    ['pattern a/b+', 'acl:1:12: "a/b+" is not a Topic Filter: a wildcard stands alone between slashes'],
    ['topic a\u0000b', 'is not a Topic Filter: null-character'],
  ])('says where %j is wrong', (content, message) => {
    expect(fault(content).message).toContain(message)
    expect(fault(content).code).toBe('ACL_FILE_INVALID')
  })
})
