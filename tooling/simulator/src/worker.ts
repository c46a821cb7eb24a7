import { parentPort, workerData } from 'node:worker_threads'
import { runSeed, type SeedResult } from './run-seed.ts'

/** One seed after the other: the parent says which, `undefined` ends it. */
export type WorkerAnswer = SeedResult | { readonly seed: string; readonly crashed: string }

const port = parentPort
if (port !== null) {
  // Clients make thousands of errors that nobody reads the stack of; `replay` shows it where one is not meant to be.
  Error.stackTraceLimit = 0
  port.on('message', (seed: string | undefined) => {
    if (seed === undefined) return port.close()
    runSeed(seed).then(
      (result) => port.postMessage(result),
      (error: unknown) =>
        port.postMessage({ seed, crashed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  port.postMessage({ ready: workerData })
}
