import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleText } from '@godwit/vitest-preset/bundle'
import { describe, expect, it } from 'vitest'
import { FILES, PUBLISHED, read, ROOT } from './repository.ts'

const documents = FILES.filter((file) => file.endsWith('.md') && !file.endsWith('CHANGELOG.md'))

describe('links', () => {
  it.each(documents)('%s points at files that exist', (file) => {
    const targets = [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target = '']) => target)
    const dead = targets.filter((target) => !existsSync(join(ROOT, dirname(file), target)))
    expect(dead).toEqual([])
  })

  it('the README names every published package', () => {
    const missing = PUBLISHED.map(({ manifest }) => manifest.name).filter((name) => !read('README.md').includes(name))
    expect(missing).toEqual([])
  })
})

describe('README.md', () => {
  const examples = [...read('README.md').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

  it('says of every package which of ours it needs', () => {
    const short = (name: string): string =>
      name.replace('@godwit/', '').replace(/^mqtt-(?=(codec|topics|qos|transport)$)/, '')
    for (const { folder, manifest } of PUBLISHED) {
      const row = new RegExp(`^\\| \\[${manifest.name}\\]\\(${folder}/README.md\\).*\\| (.*?) +\\|$`, 'm').exec(
        read('README.md'),
      )
      const ours = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@godwit/'))
      const needs = (row?.[1] ?? '').split(', ').filter((name) => name !== 'nothing')
      expect({ name: manifest.name, needs: needs.sort() }).toEqual({
        name: manifest.name,
        needs: ours.map(short).sort(),
      })
    }
  })

  it('has the two examples: a broker in a program, a client', () => {
    expect(examples).toHaveLength(2)
  })

  it('its embedded broker delivers to its client, in programs of their own', { timeout: 120_000 }, async () => {
    const [broker = '', client = ''] = examples
    const running = await program(
      broker
        .replace('127.0.0.1:1883', '127.0.0.1:0')
        .replace(/^await broker\.listen\((.*)\)$/m, 'console.log((await broker.listen($1)).url)'),
    )
    const url = await running.line()
    const reader = await program(client.replaceAll('mqtt://127.0.0.1:1883', url))
    expect(await reader.line()).toBe('hello GDGNatal')
    reader.end()
    running.end()
  })
})

/** Runs a program in TypeScript against the sources of our packages, and gives its lines as they come. */
async function program(code: string) {
  const bundle = await bundleText(code, dirname(fileURLToPath(import.meta.url)))
  const child = spawn(process.execPath, ['--input-type=module'])
  child.stdin.end(bundle)
  let text = ''
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const line = () =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const end = text.indexOf('\n')
        if (end < 0) return
        resolve(text.slice(0, end))
        text = text.slice(end + 1)
      }
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        look()
      })
      child.once('close', () => reject(new TypeError(`the example ended early: ${errors}`)))
      look()
    })
  return { line, end: () => child.kill() }
}
