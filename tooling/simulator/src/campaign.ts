import { Worker } from 'node:worker_threads'
import type { WorkerAnswer } from './worker.ts'

export interface CampaignOptions {
  /** The bundle of `worker.ts`. */
  readonly workerFile: string
  readonly workers: number
  /** The next seed; `undefined`: no more. */
  readonly nextSeed: () => string | undefined
  readonly onAnswer: (answer: WorkerAnswer) => void
}

/** A history lives as long as its seed: with room for most of one, little of it is moved about before it goes. */
const YOUNG_MB = 192

/** Runs seeds on several threads until there are no more. */
export const campaign = async (options: CampaignOptions): Promise<void> => {
  await Promise.all(Array.from({ length: options.workers }, () => oneWorker(options)))
}

const oneWorker = ({ workerFile, nextSeed, onAnswer }: CampaignOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(workerFile, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    // The rule for windows would want the origin that a thread does not have.
    const tell = worker.postMessage.bind(worker)
    const next = (): void => tell(nextSeed())
    worker.on('message', (message: WorkerAnswer | { readonly ready: unknown }) => {
      if (!('ready' in message)) onAnswer(message)
      next()
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
