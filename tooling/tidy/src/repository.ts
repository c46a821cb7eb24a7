import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Every file of the repository, relative to the root: what git tracks and what it would add. */
export const FILES: readonly string[] = listFiles()

/** What the published packages are made of, tests included. */
export const SOURCES = FILES.filter((file) => /^(packages|apps)\/.*\.ts$/.test(file))

/** Everything that somebody wrote by hand. */
export const TEXTS = FILES.filter((file) =>
  /\.(ts|mts|mjs|cjs|js|json|md|ya?ml|txt|sh|toml)$|^\.ci\//.test(file),
).filter((file) => file !== 'pnpm-lock.yaml')

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

export interface Finding {
  readonly place: string
  readonly text: string
}

/** Each line that a pattern matches, as `file:line`. */
export const linesMatching = (files: readonly string[], pattern: RegExp): Finding[] =>
  files.flatMap((file) =>
    read(file)
      .split('\n')
      .map((text, index) => ({ place: `${file}:${index + 1}`, text: text.trim() }))
      .filter(({ text }) => pattern.test(text)),
  )

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly license?: string
  readonly description?: string
  readonly type?: string
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly exports?: Record<string, unknown>
  readonly dependencies?: Record<string, string>
}

export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** The packages that go to npm. */
export const PUBLISHED: readonly Package[] = FILES.filter((file) =>
  /^(packages|apps)\/[^/]+\/package\.json$/.test(file),
)
  .map((file) => ({ folder: dirname(file), manifest: JSON.parse(read(file)) as Manifest }))
  .filter(({ manifest }) => manifest.private !== true)

function listFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  return [...new Set(listed.toString().split('\0'))]
    .filter((file) => file !== '' && existsSync(join(ROOT, file)))
    .toSorted()
}
