import { type Assignment, roundTrips } from './round-trips.ts'

addEventListener('message', ({ data }: MessageEvent<Assignment>) => {
  roundTrips(data).then(
    (seen) => postMessage({ seen }),
    (error: unknown) => postMessage({ error: String(error) }),
  )
})
