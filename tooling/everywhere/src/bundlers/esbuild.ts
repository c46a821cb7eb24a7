import { build } from 'esbuild'
import type { Bundler } from './bundler.ts'

export const esbuild: Bundler = async ({ folder, entries, outFolder }) => {
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: [...entries],
    outdir: outFolder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  })
  return warnings.map(({ text }) => text)
}
