import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const PACKAGES = fileURLToPath(new URL('../../../packages/', import.meta.url))

interface Manifest {
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * Makes a project that has the client as npm would give it, the tarballs of its build unpacked into `node_modules`, and the
 * programs of `programs/`. Gives its folder.
 */
export async function installPackedClient(): Promise<string> {
  // Some bundlers compare paths, and a temporary folder is often a link.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'godwit-everywhere-')))
  await unpack([...withDependencies('@godwit/mqtt-client')], folder)
  // The optional peer: Node's side of ws:// asks for it by name.
  symlinkSync(realpathSync(new URL('../node_modules/ws', import.meta.url)), join(folder, 'node_modules/ws'))
  cpSync(new URL('programs', import.meta.url), folder, { recursive: true })
  return folder
}

/** `@godwit/mqtt-client`, `@godwit/mqtt-client/request` and so on. */
export const clientEntries = (): readonly string[] =>
  Object.keys(manifestOf('@godwit/mqtt-client').exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => entry.replace('.', '@godwit/mqtt-client'))

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(PACKAGES, name.replace('@godwit/', ''), 'package.json'), 'utf8')) as Manifest

const withDependencies = (name: string): ReadonlySet<string> =>
  new Set([name, ...Object.keys(manifestOf(name).dependencies ?? {}).flatMap((each) => [...withDependencies(each)])])

/** `npm pack` leaves `workspace:^` as it is, which nothing reads here: what a package depends on lies beside it. */
async function unpack(names: readonly string[], folder: string): Promise<void> {
  const sources = names.map((name) => join(PACKAGES, name.replace('@godwit/', '')))
  await execute('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...sources])
  for (const name of names) {
    const to = join(folder, 'node_modules', name)
    const tarball = join(folder, `${name.slice(1).replace('/', '-')}-${manifestOf(name).version}.tgz`)
    mkdirSync(to, { recursive: true })
    await execute('tar', ['-xzf', tarball, '-C', to, '--strip-components=1'])
    rmSync(tarball)
  }
}
