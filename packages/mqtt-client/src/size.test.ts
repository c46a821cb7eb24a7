import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const { outputFiles, metafile } = await build({
  stdin: {
    contents: `export { connect } from '@godwit/mqtt-client'`,
    resolveDir: fileURLToPath(new URL('..', import.meta.url)),
  },
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'browser',
  conditions: ['godwit-source', 'browser'],
})
const contents = outputFiles[0]?.contents ?? new Uint8Array()

it('in a browser: WebSocket alone, and nothing of Node', () => {
  const inputs = Object.keys(metafile.inputs)
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([])
  expect(inputs.some((file) => file.endsWith('mqtt-transport/src/web-socket.ts'))).toBe(true)
  expect(inputs.filter((file) => /node-transport|mqtt-transport\/src\/(node|tcp|tls|ws\.)/.test(file))).toEqual([])
})

// What a page loads is measured as packed (`tooling/house/packed.mjs`), a kilobyte less; this keeps the sources from growing meanwhile.
it('minified and gzipped it does not grow beyond 15,700 bytes', () => {
  expect(gzipSync(contents, { level: 9 }).length).toBeLessThanOrEqual(15_700)
})
