// A process of its own that commits numbered batches until somebody kills it: node writer.ts DIRECTORY DURABILITY VALUE-BYTES.
// Each number is on standard output before the next commit begins.
import { writeSync } from 'node:fs'
import { openLevelStore } from '../open.ts'
import { LevelStoreError } from '../store-error.ts'
import { commitNumbered, newestBatch } from './numbered-batches.ts'

const [directory = '', durability = 'fsync', valueBytes = '64'] = process.argv.slice(2)
try {
  const store = await openLevelStore(directory, {
    durability: durability === 'process' ? 'process' : 'fsync',
    minimumFreeBytes: 0,
    ballastBytes: 0,
  })
  for (let number = (await newestBatch(store)) + 1; ; number++) {
    await commitNumbered(store, number, Number(valueBytes))
    writeSync(1, `${number}\n`)
  }
} catch (error) {
  writeSync(1, `${LevelStoreError.isInstance(error) ? error.code : String(error)}\n`)
}
