import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@godwit/vitest-preset/bundle'

/** What a WriterProcess runs. */
export const WRITER = fileURLToPath(new URL('../../node_modules/.cache/writer.mjs', import.meta.url))

/** Vitest's global set-up: once for all files. */
export const setup = async (): Promise<void> => {
  await bundleProgram(fileURLToPath(new URL('writer.ts', import.meta.url)), WRITER, { external: ['classic-level'] })
}
