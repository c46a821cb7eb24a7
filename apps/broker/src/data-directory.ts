import { performance } from 'node:perf_hooks'
import type { Logger } from '@godwit/mqtt-broker'
import { type LevelStore, LevelStoreError, openLevelStore } from '@godwit/mqtt-store-level'
import { StartFailure } from './exit-codes.ts'
import type { PersistenceSettings } from './options.ts'

/** Opens the store of `--data-dir`. A large one takes seconds to check: the log then says how far it is, once a second. */
export const openStore = async (
  { directory, durability, quarantine }: PersistenceSettings,
  logger: Logger,
): Promise<LevelStore> => {
  let said = performance.now()
  try {
    return await openLevelStore(directory, {
      durability,
      quarantine,
      logger,
      onProgress: ({ bytesRead, bytesTotal }) => {
        if (performance.now() - said < 1_000) return
        said = performance.now()
        logger.info({ directory, bytesRead, bytesTotal }, 'checking the data directory')
      },
    })
  } catch (error) {
    if (!LevelStoreError.isInstance(error)) throw error
    const remedy = error.code === 'STORE_CORRUPT' ? ' Quarantine is the option --quarantine.' : ''
    throw new StartFailure('data', `--data-dir: ${error.message}${remedy}`, error)
  }
}
