import type { AuthPacket } from '@godwit/mqtt-codec'
import type { CallOptions } from './api/structural.ts'
import { MqttError } from './errors.ts'
import type { Authentication, AuthenticationLink } from './ports/authentication.ts'

export type { Authentication, AuthenticationLink, AuthenticationStart } from './ports/authentication.ts'

type Data = Uint8Array | undefined

/** Enhanced authentication of 5.0 (section 4.12), one exchange at a time: `start`, any number of `step`, `done`. */
export interface AuthMechanism {
  /** Authentication Method, e.g. `SCRAM-SHA-256`. */
  readonly method: string
  /** Authentication Data of CONNECT, or of the AUTH that begins a re-authentication. */
  start(): Data | Promise<Data>
  /** The server's data in, the answer out. Throwing ends the connection with code `AUTHENTICATION_FAILED`. */
  step(challenge: Uint8Array): Data | Promise<Data>
  /** The server agrees. Throw here when its last data does not prove that it is who it says. */
  done?(data: Data): void | Promise<void>
}

export interface EnhancedAuthentication extends Authentication {
  /**
   * Again, on the live connection (5.0 section 4.12.1).
   *
   * @throws MqttError `OFFLINE`; `AUTHENTICATION_FAILED`, which ends the connection; what ended it otherwise
   */
  reauthenticate(options?: CallOptions): Promise<void>
}

const SUCCESS = 0
const CONTINUE = 0x18
const REAUTHENTICATE = 0x19

/** For the option `authentication`, of one client. 3.1 and 3.1.1 have no such thing, and ignore it. */
export function enhancedAuthentication(mechanism: AuthMechanism): EnhancedAuthentication {
  const { method } = mechanism
  let link: AuthenticationLink | undefined
  let isAccepted = false
  const waiting = new Set<(error?: unknown) => void>()

  const auth = (reasonCode: number, data: Data): AuthPacket => ({
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod: method, ...(data && { authenticationData: data }) },
  })
  const settleAll = (error?: unknown) => {
    for (const settle of waiting) settle(error)
    waiting.clear()
  }
  /** Does its part of the exchange; what throws ends the connection. */
  const attempt = async (part: (current: AuthenticationLink) => Promise<void>) => {
    const current = link
    try {
      if (current) await part(current)
    } catch (cause) {
      current?.fail(new MqttError('AUTHENTICATION_FAILED', '', { phase: 'connect', reasonCode: 0x8c, cause }))
    }
  }

  return {
    async start(next) {
      link = next
      isAccepted = false
      const data = await mechanism.start()
      return { authenticationMethod: method, ...(data && { authenticationData: data }) }
    },

    received({ type, reasonCode, properties }) {
      const data = properties?.authenticationData?.slice()
      return attempt(async (current) => {
        // [MQTT-4.12.0-5] An AUTH without properties, which says success, names no method.
        const isOurs = type === 'connack' || !properties || properties.authenticationMethod === method
        if (isOurs && type === 'auth' && reasonCode === CONTINUE) {
          current.send(auth(CONTINUE, await mechanism.step(data ?? new Uint8Array())))
          return
        }
        const isExpected = type === 'connack' || (reasonCode === SUCCESS && waiting.size > 0)
        if (!isOurs || !isExpected) {
          current.fail(new MqttError('PROTOCOL_ERROR', 'auth out of place', { phase: 'session', reasonCode: 0x82 }))
          return
        }
        await mechanism.done?.(data)
        isAccepted = true
        settleAll()
      })
    },

    lost(error) {
      link = undefined
      isAccepted = false
      settleAll(error)
    },

    reauthenticate({ signal, timeoutMs } = {}) {
      return new Promise<void>((resolve, reject) => {
        let timer: ReturnType<typeof setTimeout> | undefined
        const settle = (error?: unknown) => {
          waiting.delete(settle)
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          if (error === undefined) resolve()
          else reject(error)
        }
        const abort = () => settle(new MqttError('ABORTED', '', { cause: signal?.reason }))
        if (signal?.aborted) return abort()
        if (!isAccepted) return settle(new MqttError('OFFLINE'))
        waiting.add(settle)
        signal?.addEventListener('abort', abort)
        if (timeoutMs !== undefined) timer = setTimeout(() => settle(new MqttError('TIMEOUT')), timeoutMs)
        void attempt(async (current) => current.send(auth(REAUTHENTICATE, await mechanism.start())))
      })
    },
  }
}
