import { memoryPair } from './memory.ts'
import { byteStreamCompliance } from './testing/index.ts'

byteStreamCompliance('memory', async () => ({ streams: memoryPair(), close: async () => {} }), {
  reusesReadMemory: [0, 1],
})
