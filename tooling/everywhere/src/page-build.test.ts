import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const VITEST = fileURLToPath(new URL('../node_modules/.bin/vitest', import.meta.url))
const CONFIGURATION = fileURLToPath(new URL('page-build/vitest.config.ts', import.meta.url))

// The build for pages shortens names and moves code between functions, which no test of the sources sees.
it('what a page loads passes the tests of the client', async () => {
  const { stdout } = await promisify(execFile)(VITEST, ['run', '--config', CONFIGURATION, '--reporter=json'])
  const { success, numPassedTests } = JSON.parse(stdout) as { success: boolean; numPassedTests: number }
  expect(success).toBe(true)
  expect(numPassedTests).toBeGreaterThan(100)
})
