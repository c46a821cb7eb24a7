import type { ViteUserConfig } from 'vitest/config'

export declare function packageTests(options?: {
  coverage?: Record<string, unknown>
  test?: Record<string, unknown>
}): ViteUserConfig
