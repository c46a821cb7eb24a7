import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '@godwit/vitest-preset/bundle'
import { expect, it } from 'vitest'

/** Megabytes of objects that stay, and the room for young ones that the engine has taken after them, in a process of its own. */
const roomAfter = (statement: string): number => {
  const program = `import { getHeapSpaceStatistics } from 'node:v8'
    import { keepYoungGenerationSmall } from ${JSON.stringify(bundle)}
    ${statement}
    const kept = []
    for (let number = 0; number < 1_000_000; number++) kept.push({ number })
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    console.log(kept.length > 0 ? space.space_size : 0)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', program]).toString())
}

const bundle = await bundleProgram(
  fileURLToPath(new URL('young-generation.ts', import.meta.url)),
  fileURLToPath(new URL('../node_modules/.cache/young-generation/young-generation.mjs', import.meta.url)),
)

it('room for young objects does not grow with what stays', () => {
  const [small, asItIs] = [roomAfter('keepYoungGenerationSmall()'), roomAfter('')]
  expect(small).toBeLessThan(4 * 2 ** 20)
  // Else nothing was shown.
  expect(asItIs).toBeGreaterThan(2 * small)
})
