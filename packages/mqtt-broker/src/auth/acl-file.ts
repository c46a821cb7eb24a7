import { isTopicRefusal, parseTopicFilter, type TopicRefusalReason } from '@godwit/mqtt-topics'
import { AccessRules, type Access, type AccessRule } from './access-rules.ts'
import { AuthFileError } from './auth-file-error.ts'
import { fileLines } from './file-lines.ts'

const ACCESSES: readonly string[] = ['read', 'write', 'readwrite', 'deny'] satisfies readonly Access[]

/**
 * Reads an ACL file of Mosquitto: `topic [read|write|readwrite|deny] FILTER` for Clients without a User Name, the same
 * below `user NAME` for that one, and `pattern [read|write|readwrite|deny] FILTER` for everybody, with `%c` for the Client
 * Identifier and `%u` for the User Name. Without one of the four words a line gives both rights. Lines that begin with #
 * are comments.
 *
 * @param fileName what messages call the file
 * @throws {AuthFileError} at the first line that is not one of these
 */
export const parseAclFile = (content: string, fileName = 'ACL file'): AccessRules => {
  const anonymous: AccessRule[] = []
  const patterns: AccessRule[] = []
  const users = new Map<string, AccessRule[]>()
  let section = anonymous
  for (const { text, line, column } of fileLines(content)) {
    const fail: Fail = (at, problem) => {
      throw new AuthFileError('ACL_FILE_INVALID', fileName, line, column + at, problem)
    }
    const [, keyword = '', space = '', rest = ''] = /^(\S+)(\s*)(.*)$/.exec(text) ?? []
    const at = keyword.length + space.length
    switch (keyword) {
      case 'user':
        if (rest === '') return fail(0, 'there is no name after "user"')
        section = users.get(rest) ?? []
        users.set(rest, section)
        break
      case 'topic':
        section.push(parseRule(keyword, rest, at, fail))
        break
      case 'pattern':
        patterns.push(parseRule(keyword, rest, at, fail))
        break
      default:
        return fail(0, `"${keyword}" begins no line of an ACL file; user, topic, pattern and # do`)
    }
  }
  return new AccessRules({ anonymous, users, patterns })
}

type Fail = (at: number, problem: string) => never

const parseRule = (keyword: string, rest: string, at: number, fail: Fail): AccessRule => {
  if (rest === '') return fail(0, `there is no Topic Filter after "${keyword}"`)
  const [, first = '', space = '', second = ''] = /^(\S+)(\s*)(.*)$/.exec(rest) ?? []
  // One word is a Topic Filter, whatever it says; so "topic read" is about the topic read, as in Mosquitto.
  if (second === '') return { access: 'readwrite', topicFilter: filterOf(first, at, fail) }
  if (!ACCESSES.includes(first)) {
    return fail(
      at,
      `"${first}" is none of ${ACCESSES.join(', ')}; a Topic Filter with a space needs one of them before it`,
    )
  }
  return { access: first as Access, topicFilter: filterOf(second, at + first.length + space.length, fail) }
}

const filterOf = (text: string, at: number, fail: Fail): string => {
  const parsed = parseTopicFilter(text)
  if (!isTopicRefusal(parsed)) return parsed
  return fail(at + parsed.at, `"${text}" is not a Topic Filter: ${REASONS[parsed.reason] ?? parsed.reason}`)
}

const REASONS: Partial<Record<TopicRefusalReason, string>> = {
  'wildcard-not-alone': 'a wildcard stands alone between slashes',
  'multi-level-not-last': '# is the last level',
}
