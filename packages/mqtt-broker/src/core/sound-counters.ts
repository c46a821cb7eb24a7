import { assert } from './assert.ts'
import type { Counters } from './counters.ts'

/**
 * What is counted up and down again is never below nothing: whoever took something twice has lost track of whose it is. Asked once in each
 * turn of the loop, so that no message pays for it.
 */
export const assertSound = (counters: Counters): void => {
  assert(counters.queuedMessages >= 0 && counters.queuedBytes >= 0, 'nothing leaves a queue that was not in it')
  assert(counters.retainedMessages >= 0 && counters.retainedBytes >= 0, 'nothing is cleared that was not retained')
  assert(counters.sessions >= 0 && counters.subscriptions >= 0, 'nothing ends that never began')
  assert(
    counters.unauthenticatedConnections >= 0 &&
      counters.unauthenticatedConnections <= counters.connections &&
      counters.unauthenticatedBytes >= 0,
    'who waits to be let in is connected',
  )
}
