import { matches } from '@godwit/mqtt-topics'
import { covers, overlaps } from './filter-relations.ts'

export type Access = 'read' | 'write' | 'readwrite' | 'deny'

/** Rights over the topics of one Topic Filter. In a pattern the filter holds `%c` or `%u`. */
export interface AccessRule {
  readonly access: Access
  readonly topicFilter: string
}

/** The rules of an ACL file, in its order. */
export interface AccessRuleSections {
  /** For Clients without a User Name. */
  readonly anonymous: readonly AccessRule[]
  readonly users: ReadonlyMap<string, readonly AccessRule[]>
  /** For everybody. */
  readonly patterns: readonly AccessRule[]
}

/** Whom rules are about. */
export interface Subject {
  /** '': the Server assigned one, so that no rule can have meant it. */
  readonly clientId: string
  /** undefined: anonymous. */
  readonly username: string | undefined
}

/** What one Client may do. What no rule allows is forbidden. */
export interface Rights {
  canPublish(topicName: string): boolean
  /** Whether any topic of this filter could be received: the single messages are judged by `canReceive`. */
  canSubscribe(topicFilter: string): boolean
  canReceive(topicName: string): boolean
}

/** Who may do what, by Mosquitto's rules. Immutable. */
export class AccessRules {
  readonly #sections: AccessRuleSections

  constructor(sections: AccessRuleSections) {
    this.#sections = sections
  }

  /** Whether anything depends on the User Name, which proves nothing where no password is asked for. */
  get dependOnUsername(): boolean {
    const { users, patterns } = this.#sections
    return users.size > 0 || patterns.some(({ topicFilter }) => topicFilter.includes('%u'))
  }

  /**
   * Mosquitto's order: the Client's own denials, its own grants, then of the patterns denials and grants. The first rule that
   * decides holds, so an own grant outweighs the denial of a pattern.
   */
  rightsOf(subject: Subject): Rights {
    const { anonymous, users, patterns } = this.#sections
    const own = subject.username === undefined ? anonymous : (users.get(subject.username) ?? [])
    const rules = [...denialsFirst(own), ...denialsFirst(patternsFor(subject, patterns))]
    return {
      canPublish: (topicName) => decide(rules, topicName, 'write'),
      canReceive: (topicName) => decide(rules, topicName, 'read'),
      canSubscribe: (topicFilter) => couldReceive(rules, topicFilter),
    }
  }
}

const denialsFirst = (rules: readonly AccessRule[]): readonly AccessRule[] => [
  ...rules.filter(({ access }) => access === 'deny'),
  ...rules.filter(({ access }) => access !== 'deny'),
]

const decide = (rules: readonly AccessRule[], topicName: string, wanted: 'read' | 'write'): boolean => {
  for (const { access, topicFilter } of rules) {
    if (access !== 'deny' && access !== wanted && access !== 'readwrite') continue
    if (matches(topicFilter, topicName)) return access !== 'deny'
  }
  return false
}

const couldReceive = (rules: readonly AccessRule[], topicFilter: string): boolean => {
  for (const { access, topicFilter: ruled } of rules) {
    if (access === 'deny' ? covers(ruled, topicFilter) : access !== 'write' && overlaps(ruled, topicFilter)) {
      return access !== 'deny'
    }
  }
  return false
}

/** The patterns with this Client in them. */
const patternsFor = (subject: Subject, patterns: readonly AccessRule[]): readonly AccessRule[] => {
  const { clientId, username } = subject
  // As in Mosquitto: a name that is a wildcard would widen its own rights, so no pattern holds for it, and none allows.
  if (WILDCARD.test(clientId) || (username !== undefined && WILDCARD.test(username))) return []
  return patterns.flatMap(({ access, topicFilter }) => {
    if (topicFilter.includes('%u') && username === undefined) return []
    // A Client chooses its identifier: `a/b` must not reach into the topics of `a`. Mosquitto lets it.
    if (topicFilter.includes('%c') && access !== 'deny' && (clientId === '' || clientId.includes('/'))) return []
    return [{ access, topicFilter: topicFilter.replace(/%[cu]/g, (which) => (which === '%c' ? clientId : username!)) }]
  })
}

const WILDCARD = /[+#]/
