import { describe, expect, it } from 'vitest'
import { FILES, linesMatching, PUBLISHED, read } from './repository.ts'

/** What may lie at the top: everything else has a place lower down. */
const TOP_LEVEL = [
  '.changeset',
  '.ci',
  '.gitignore',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'apps',
  'package.json',
  'packages',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'tooling',
  'tsconfig.base.json',
  'turbo.json',
]

it('the top level holds nothing that can live lower down', () => {
  const top = [...new Set(FILES.map((file) => file.split('/')[0] ?? ''))]
  expect(top.filter((name) => !TOP_LEVEL.includes(name))).toEqual([])
})

it('the lockfile pins one version of every tool', () => {
  const root = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  const loose = Object.entries(root.devDependencies).filter(
    ([, version]) => !/^(\d+\.\d+\.\d+|workspace:\*)$/.test(version),
  )
  expect(loose).toEqual([])
})

describe.each(PUBLISHED.map((each) => [each.manifest.name, each] as const))('%s', (_name, { folder, manifest }) => {
  it('says what it is, under which license, and for which Node', () => {
    expect(manifest.description?.length).toBeGreaterThan(20)
    expect(manifest.license).toBe('MIT')
    expect(manifest.type).toBe('module')
    expect(manifest.engines?.node).toBe('>=20.19')
    expect(manifest.files).toContain('dist')
  })

  it('has a README with an example, and a test that runs it', () => {
    expect(FILES).toContain(`${folder}/README.md`)
    expect(read(`${folder}/README.md`)).toMatch(/^```(ts|sh|console|bash)$/m)
    const tests = FILES.filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.test.ts'))
    expect(linesMatching(tests, /README\.md/), 'a test that reads README.md').not.toEqual([])
  })

  it('exports its manifest, and nothing by a pattern', () => {
    expect(manifest.exports).toHaveProperty(['./package.json'])
    expect(Object.keys(manifest.exports ?? {}).filter((entry) => entry.includes('*'))).toEqual([])
  })

  it('has a changeset or a changelog', () => {
    const changesets = FILES.filter((file) => /^\.changeset\/(?!README).*\.md$/.test(file))
    const named = changesets.some((file) => new RegExp(`^['"]${manifest.name}['"]:`, 'm').test(read(file)))
    expect(named || FILES.includes(`${folder}/CHANGELOG.md`)).toBe(true)
  })
})
