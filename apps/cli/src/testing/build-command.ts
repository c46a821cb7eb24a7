import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/** Bundled with the sources of its sibling packages, so that a test runs what is in the checkout without building it first. */
export const COMMAND = fileURLToPath(new URL('../../node_modules/.cache/mqtt-command/main.js', import.meta.url))

/** Vitest's global set-up: once for all files. */
export async function setup(): Promise<void> {
  await build({
    config: false,
    silent: true,
    entry: { main: fileURLToPath(new URL('../main.ts', import.meta.url)) },
    outDir: fileURLToPath(new URL('.', `file://${COMMAND}`)),
    format: ['esm'],
    platform: 'node',
    target: 'node20',
    clean: true,
    noExternal: [/^@godwit\//],
    external: ['commander', 'ws'],
    esbuildOptions: (options) => {
      options.conditions = ['godwit-source']
    },
  })
}
