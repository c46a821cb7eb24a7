import { describe } from 'vitest'
import { sessionStoreSuite } from '../testing/session-store-suite.ts'
import { memorySessionStore } from './memory-session-store.ts'

describe('the session store in memory', () => {
  sessionStoreSuite(async () => {
    const store = memorySessionStore()
    return () => store
  })
})
