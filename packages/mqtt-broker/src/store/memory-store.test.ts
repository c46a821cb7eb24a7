import { storeCompliance } from '../testing/store-compliance.ts'
import { MemoryStore } from './memory-store.ts'

storeCompliance('memory', {
  open: async () => new MemoryStore({ durability: 'process' }),
})
