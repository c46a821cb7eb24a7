import { promisify } from 'node:util'
import open, { type Configuration, type Stats } from 'webpack'
import type { Bundler } from './bundler.ts'

/** Finds the worker by itself. */
export const webpack: Bundler = async ({ folder, entries: [entry = ''], outFolder }) => {
  const configuration: Configuration = {
    mode: 'production',
    context: folder,
    entry: { [entry.replace('.js', '')]: `./${entry}` },
    output: { path: outFolder, filename: '[name].js', publicPath: 'auto' },
    target: 'web',
  }
  const stats = (await promisify<Configuration, Stats | undefined>(open)(configuration))!
  const { errors = [], warnings = [] } = stats.toJson({ all: false, errors: true, warnings: true })
  return [...errors, ...warnings].map(({ message }) => message)
}
