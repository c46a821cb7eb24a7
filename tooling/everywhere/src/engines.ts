import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What runs JavaScript outside of a browser. */
export interface Engine {
  readonly name: string
  /** Before the name of the program. */
  readonly parameters: readonly string[]
  /** The path of its binary. */
  find(): Promise<string>
}

const { platform, arch } = process

/** From npm, as a package that has the binary in it. */
const fromNpm = (name: string, packed: string, binary: string, ...parameters: readonly string[]): Engine => ({
  name,
  parameters,
  async find() {
    const folder = join(CACHE, packed.replace('/', '-'))
    const path = join(folder, 'node_modules', packed.replace(/@[^@]*$/, ''), binary)
    const quietly = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefer-offline']
    if (!existsSync(path)) await promisify(execFile)('npm', ['install', '--prefix', folder, ...quietly, packed])
    return path
  },
})

const CACHE = fileURLToPath(new URL('../node_modules/.cache/engines', import.meta.url))
const BUN = `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}@1.4.5`
const DENO = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}@2.9.6`

export const THIS_NODE: Engine = {
  name: `Node ${process.versions.node}`,
  parameters: [],
  find: async () => process.execPath,
}

/** The oldest Node that the packages allow, then the lines that are alive, Bun and Deno. */
export const OTHER_ENGINES: readonly Engine[] = [
  ...['20.19.0', '22.23.3', '24.21.0', '26.12.1'].map((version) =>
    fromNpm(`Node ${version}`, `node-${platform}-${arch}@${version}`, 'bin/node'),
  ),
  fromNpm('Bun 1.4.5', BUN, 'bin/bun', 'run'),
  fromNpm('Deno 2.9.6', DENO, 'deno', 'run', '--allow-all', '--node-modules-dir=manual'),
]
