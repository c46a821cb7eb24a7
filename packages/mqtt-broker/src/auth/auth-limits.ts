import type { LimitDescription } from '../core/limit-description.ts'

/** What logins by password may use up. `Infinity` is how "unlimited" is spelled. */
export const AUTH_LIMITS = {
  maximumConcurrentHashes: {
    default: 2,
    unit: 'count',
    why: 'each takes a thread of the pool, which the disk needs as well',
    atLimit: 'further ones wait',
    counter: 'none',
  },
  maximumWaitingHashes: {
    default: 256,
    unit: 'count',
    why: 'a flood of logins, each with a password to check',
    atLimit: 'refused (0x89, in 3.1.1 Return Code 3)',
    counter: 'connectsRefused',
  },
  maximumVerifiedCredentials: {
    default: 10_000,
    unit: 'count',
    why: 'credentials remembered, so that Clients that come back are not hashed again',
    atLimit: 'those that were not used for longest are forgotten',
    counter: 'none',
  },
} as const satisfies Record<string, LimitDescription>

export type AuthLimitName = keyof typeof AUTH_LIMITS
export type AuthLimits = { readonly [Name in AuthLimitName]: number }

export const DEFAULT_AUTH_LIMITS = Object.fromEntries(
  Object.entries(AUTH_LIMITS).map(([name, description]) => [name, description.default]),
) as unknown as AuthLimits
