import type { Runtime } from '../ports/runtime.ts'

/** Longest step of a timer: above 2^31 - 1 ms it would fire at once. */
const MAXIMUM_DELAY_MS = 2_147_483_647
/** A wall clock that ran ahead of the monotonic one by this much: the machine slept, which some monotonic clocks do not count. */
const SLEPT_MS = 2_000

/** One for all clients of the process. */
let shared: Runtime | undefined

export const platformRuntime = (): Runtime => (shared ??= newRuntime())

export function newRuntime(): Runtime {
  let wall = Date.now()
  let ticks = performance.now()
  let elapsed = 0
  return {
    now() {
      const wallStep = Date.now() - wall
      const step = performance.now() - ticks
      wall += wallStep
      ticks += step
      return (elapsed += wallStep > step + SLEPT_MS ? wallStep : step)
    },
    wallNow: () => Date.now(),
    random: () => Math.random(),
    randomId: () => crypto.getRandomValues(new Uint32Array(4)).join(''),
    setTimer: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, MAXIMUM_DELAY_MS)),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  }
}
