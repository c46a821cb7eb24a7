import { join } from 'node:path'
import { build, createLogger } from 'vite'
import type { Bundler } from './bundler.ts'

/** Finds the worker by itself. */
export const vite: Bundler = async ({ folder, entries: [entry = ''], outFolder }) => {
  const warnings: string[] = []
  const note = (message: string): void => void warnings.push(message)
  const customLogger = { ...createLogger('silent'), warn: note, warnOnce: note, error: note }
  await build({
    root: folder,
    base: './',
    configFile: false,
    customLogger,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      outDir: outFolder,
      emptyOutDir: true,
      rolldownOptions: { input: join(folder, entry), output: { entryFileNames: '[name].js' } },
    },
  })
  return warnings
}
