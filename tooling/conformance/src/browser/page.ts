import { type Assignment, roundTrips } from './round-trips.ts'

/** Does it in the page, or in a worker of the page. */
const perform = (assignment: Assignment, where: 'page' | 'worker'): Promise<readonly string[]> =>
  where === 'page' ? roundTrips(assignment) : inWorker(assignment)

const inWorker = (assignment: Assignment): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<{ seen?: readonly string[]; error?: string }>) => {
      worker.terminate()
      if (data.seen !== undefined) resolve(data.seen)
      else reject(new TypeError(data.error))
    })
    worker.addEventListener('error', (event) => reject(new TypeError(event.message)))
    worker.postMessage(assignment, { transfer: [] })
  })

Object.assign(globalThis, { perform })
