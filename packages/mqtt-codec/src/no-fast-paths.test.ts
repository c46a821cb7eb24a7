import * as paths from '#fast-paths'
import { expect, it, vi } from 'vitest'

// All properties of the codec once more, as a browser loads it.
vi.mock('#fast-paths', () => import('./no-fast-paths.ts'))

it('no fast path is loaded', () => {
  const general = () => -1
  expect(paths.straightWriting(general)).toBe(general)
  expect(paths.takeSpare(1)).toBeUndefined()
})

await import('./codec.test.ts')
await import('./encode.test.ts')
await import('./client.test.ts')
