import type { Attempt, ReconnectOptions, Target } from './api/options.ts'
import { MqttError } from './errors.ts'

const USE_ANOTHER_SERVER = 0x9c
const SERVER_MOVED = 0x9d

export interface Failover {
  /** For `connect` and `createClient`. */
  readonly target: Target
  /** For the option `reconnect`, of the same client. */
  readonly reconnect: ReconnectOptions
}

/**
 * Several servers for one client, and Server References: after a failed attempt the next server is tried at once, and only when all of them
 * failed the backoff begins. One that works is stayed with. A server that names another (Reason Code 0x9C, 0x9D) is followed once, under its own
 * scheme: a reference never takes TLS away.
 *
 * @param reconnect as for a single server; what `decide` says goes for a round of all
 * @throws MqttError `INVALID_ARGUMENT` for no server
 */
export function failover(targets: readonly Target[], reconnect: ReconnectOptions = {}): Failover {
  if (targets.length === 0) throw new MqttError('INVALID_ARGUMENT', 'no server given')
  let current = 0
  let failures = 0
  let url = ''
  /** Tried once instead of the targets. */
  let reference: string | undefined
  let hasFollowed = false

  const target = async (attempt: Attempt) => {
    const next = reference ?? targets[current % targets.length] ?? ''
    reference = undefined
    const given = typeof next === 'function' ? await next(attempt) : next
    url = typeof given === 'string' ? given : given.href
    return url
  }
  const decide: ReconnectOptions['decide'] = (error, attempt) => {
    const { reasonCode, serverReference, phase } = error
    const wasOnline = phase === 'session'
    if (wasOnline) {
      failures = 0
      hasFollowed = false
    }
    if (!hasFollowed && (reasonCode === USE_ANOTHER_SERVER || reasonCode === SERVER_MOVED)) {
      reference = resolved(serverReference, url)
      if (reference !== undefined) {
        hasFollowed = true
        return 0
      }
    }
    current++
    if (!wasOnline && ++failures < targets.length) return 0
    failures = 0
    return reconnect.decide?.(error, attempt) ?? error.retryable
  }
  return { target, reconnect: { ...reconnect, decide } }
}

/** The first server that a Server Reference names. */
function resolved(serverReference: string | undefined, url: string): string | undefined {
  const [first] = serverReference?.split(/[\s,]+/) ?? []
  const [, scheme = '', path = ''] = /^([a-z+]+:\/\/)[^/]*(\/.*)?$/.exec(url) ?? []
  if (!first || !scheme) return undefined
  if (!first.includes('://')) return `${scheme}${first}${path}`
  return first.startsWith(scheme) ? first : undefined
}
