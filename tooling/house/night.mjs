// `pnpm night`: what takes too long for every change. `pnpm night fuzz node-22` runs only those suites.
// Writes tooling/house/nights/DATE.md: what ran, how long, and what was found; a suite that could not run says so. What other suites found
// on the same day stays there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './install.mjs'
import { pnpm, ROOT, run, StepFailed, tool, turbo } from './run.mjs'
import { workspaces } from './workspaces.mjs'

/** @typedef {{ name: string, minutes: number, what: string, run: (timeoutMs: number) => Promise<string> }} Suite */

const tested = workspaces().filter(
  ({ folder, manifest }) => /^(packages|apps)\//.test(folder) && manifest.scripts?.test !== undefined,
)

/** @type {Suite[]} */
const SUITES = [
  {
    name: 'simulator',
    minutes: 510,
    what: 'eight hours of seeds in the simulator, every invariant asked of each',
    run: (timeoutMs) =>
      run('simulator', process.execPath, ['tooling/simulator/run.mjs', '--hours', '8'], { timeoutMs }),
  },
  {
    name: 'trace-hash',
    minutes: 30,
    what: 'the same seeds of the simulator on this Node, 22, 24 and 26: the same traces',
    run: async (timeoutMs) => {
      const hashes = (/** @type {string} */ node) =>
        run('trace hashes', node, ['tooling/simulator/trace-hash.mjs', '1', '7', '23'], { timeoutMs })
      const here = await hashes(process.execPath)
      for (const version of ['22', '24', '26']) {
        const there = await hashes(await fetched(`node@${version}`, 'node', ['-p', 'process.execPath']))
        if (there !== here) throw new StepFailed('trace-hash', `Node ${version} goes another way`, `${here}${there}`)
      }
      return here.trimEnd()
    },
  },
  {
    name: 'crash',
    minutes: 360,
    what: 'the broker killed in 15,000 cycles, and everything that it had acknowledged looked for',
    run: (timeoutMs) =>
      run('crash test', 'npm', ['run', '--silent', 'crash-test', '--', '--cycles', '15000'], { timeoutMs }),
  },
  {
    name: 'hostile',
    minutes: 60,
    what: 'the hostile cases with numbers as large as their catalogue has them',
    run: (timeoutMs) => run('hostile cases', 'npm', ['run', '--silent', 'hostile', '--', '--full'], { timeoutMs }),
  },
  {
    name: 'fuzz',
    minutes: 60,
    what: 'every property test with 20,000 runs instead of 100',
    run: (timeoutMs) =>
      eachPackage((folder) => vitest(folder, process.execPath, [], timeoutMs, { GODWIT_FAST_CHECK_RUNS: '20000' })),
  },
  {
    name: 'fuzz-wire',
    minutes: 70,
    what: 'changed packets, texts and conversations for an hour, on every core',
    run: async (timeoutMs) => {
      const seconds = String(timeoutMs / 1000 - 600)
      return (await run('fuzz', process.execPath, ['tooling/fuzz/run.mjs', '--for', seconds], { timeoutMs })).trimEnd()
    },
  },
  {
    name: 'differential',
    minutes: 70,
    what: 'the same conversations with Mosquitto for an hour; which ones depends on the date',
    run: async (timeoutMs) => {
      const seed = new Date().toISOString().slice(0, 10).replaceAll('-', '')
      const given = ['--seed', `${seed}00000`, '--for', String(timeoutMs / 1000 - 600)]
      return (
        await run('differential', process.execPath, ['tooling/fuzz/differential.mjs', ...given], { timeoutMs })
      ).trimEnd()
    },
  },
  ...['mqtt-codec', 'mqtt-topics', 'mqtt-qos'].map((name) => ({
    name: `mutation-${name}`,
    minutes: 120,
    what: `Stryker on packages/${name}: how many planted faults its tests find`,
    run: (/** @type {number} */ timeoutMs) => mutate(`packages/${name}`, timeoutMs),
  })),
  {
    name: 'statements',
    minutes: 20,
    what: 'whether the tests of 40 normative statements notice that the code breaks them; which 40 depends on the date',
    run: (timeoutMs) =>
      inCopy(async (place) => {
        const seed = new Date().toISOString().slice(0, 10).replaceAll('-', '')
        const script = 'tooling/spec/src/try-mutations.mjs'
        const output = await run('statements', process.execPath, [script, '--sample', '40', '--seed', seed], {
          cwd: place,
          timeoutMs,
        })
        return output.trimEnd()
      }),
  },
  ...['22', '24', '26'].map((version) => ({
    name: `node-${version}`,
    minutes: 20,
    what: `all tests on Node ${version}`,
    run: async (/** @type {number} */ timeoutMs) => {
      const node = await fetched(`node@${version}`, 'node', ['-p', 'process.execPath'])
      return eachPackage((folder) => vitest(folder, node, [], timeoutMs))
    },
  })),
  {
    name: 'reference',
    minutes: 10,
    what: 'the API reference of the client, in which a warning is a failure',
    run: async (timeoutMs) =>
      (await run('reference', 'npm', ['run', '--silent', 'reference'], { timeoutMs })).trimEnd(),
  },
  {
    name: 'engines',
    minutes: 20,
    what: 'the packed client on Node 20.19, 22, 24 and 26, Bun and Deno, as ESM and as CJS',
    run: async (timeoutMs) => {
      const [command, parameters] = pnpm([
        '--dir',
        'tooling/everywhere',
        'exec',
        'vitest',
        'run',
        'src/engines.test.ts',
      ])
      const output = await run('engines', command, parameters, { env: { GODWIT_ENGINES: 'all' }, timeoutMs })
      return (/Tests +(.*)/.exec(output)?.[1] ?? 'no closing line').trim()
    },
  },
  {
    name: 'bun',
    minutes: 20,
    what: 'all tests on Bun',
    run: async (timeoutMs) => {
      const bun = await fetched('bun@1', 'bun', ['-p', 'process.execPath'])
      return eachPackage((folder) => vitest(folder, bun, ['--bun'], timeoutMs))
    },
  },
  {
    name: 'deno',
    minutes: 20,
    what: 'all tests on Deno',
    run: async (timeoutMs) => {
      const deno = await fetched('deno@2', 'deno', ['eval', 'console.log(Deno.execPath())'])
      return eachPackage((folder) => vitest(folder, deno, ['run', '--allow-all', '--unstable-detect-cjs'], timeoutMs))
    },
  },
]

const names = process.argv.slice(2)
const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name))
if (unknown.length > 0) {
  console.error(`no suite is called ${unknown.join(', ')}; there are ${SUITES.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}
await night(SUITES.filter(({ name }) => names.length === 0 || names.includes(name)))

/** @param {Suite[]} suites */
async function night(suites) {
  await install()
  await run('build', ...turbo(['run', 'build', '--output-logs=errors-only']))
  /** @type {string[]} */
  const sections = []
  let passed = 0
  for (const suite of suites) {
    const started = performance.now()
    let ok = true
    let found
    try {
      found = await suite.run(suite.minutes * 60_000)
    } catch (error) {
      ok = false
      found = error instanceof StepFailed ? `${error.message}\n${error.output.trimEnd().slice(-4000)}` : String(error)
    }
    if (ok) passed += 1
    const minutes = ((performance.now() - started) / 60_000).toFixed(1)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${minutes.padStart(6)} min  ${suite.name}: ${suite.what}\n${found}`)
    sections.push(
      `## ${suite.name}: ${ok ? 'passed' : 'failed'} after ${minutes} minutes\n\n${suite.what}.\n\n\`\`\`text\n${found}\n\`\`\`\n`,
    )
  }
  const date = new Date().toISOString().slice(0, 10)
  const folder = join(ROOT, 'tooling/house/nights')
  const file = join(folder, `${date}.md`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, [...heldOf(file, suites, date), ...sections].join('\n'))
  console.log(`${passed} passed, ${suites.length - passed} failed`)
  process.exitCode = passed === suites.length ? 0 : 1
}

/**
 * The head of the file, and what it says of other suites.
 *
 * @param {string} file
 * @param {Suite[]} suites
 * @param {string} date
 */
function heldOf(file, suites, date) {
  if (!existsSync(file)) return [`# Night of ${date}\n\nNode ${process.versions.node}.\n`]
  const again = suites.map(({ name }) => `## ${name}: `)
  return readFileSync(file, 'utf8')
    .split(/\n(?=## )/)
    .filter((section) => !again.some((title) => section.startsWith(title)))
    .map((section) => `${section.trimEnd()}\n`)
}

/**
 * All packages, also after one has failed, so that a morning shows everything that is wrong.
 *
 * @param {(folder: string) => Promise<string>} work
 */
async function eachPackage(work) {
  const good = []
  const bad = []
  for (const { folder, manifest } of tested) {
    try {
      good.push(`${manifest.name}: ${await work(folder)}`)
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      bad.push(`${manifest.name}: ${error.message}\n${error.output.trimEnd().slice(-1500)}`)
    }
  }
  if (bad.length > 0)
    throw new StepFailed(`${bad.length} of ${tested.length} packages`, 'see above', [...good, ...bad].join('\n'))
  return good.join('\n')
}

/**
 * The tests of one package on another engine; gives vitest's own closing lines.
 *
 * @param {string} folder
 * @param {string} engine
 * @param {string[]} engineArguments
 * @param {number} timeoutMs
 * @param {Record<string, string>} [env]
 */
async function vitest(folder, engine, engineArguments, timeoutMs, env = {}) {
  const cwd = join(ROOT, folder)
  const script = join(cwd, 'node_modules/vitest/vitest.mjs')
  // A run with other settings must not replace the report of the package's own tests.
  const output = await run(
    'vitest',
    engine,
    [...engineArguments, script, 'run', '--reporter=default', '--testTimeout=1200000'],
    { cwd, env, timeoutMs },
  )
  return (/Tests +(.*)/.exec(output)?.[1] ?? 'no closing line').trim()
}

/**
 * An engine from npm, by the path of its binary. Throws with npm's words where it cannot be had.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args prints the path
 */
async function fetched(name, command, args) {
  const output = await run(`fetch ${name}`, 'npx', ['-y', `--package=${name}`, command, ...args], {
    timeoutMs: 180_000,
  })
  return output.trim().split('\n').at(-1) ?? ''
}

/**
 * Stryker changes sources in place.
 *
 * @param {string} folder
 * @param {number} timeoutMs
 */
const mutate = (folder, timeoutMs) =>
  inCopy(async (place) => {
    const stryker = tool('stryker', [])[0].replace(
      join(ROOT, 'node_modules'),
      join(place, 'tooling/mutation/node_modules'),
    )
    const output = await run('stryker', stryker, ['run', '../../tooling/mutation/stryker.config.mjs'], {
      cwd: join(place, folder),
      timeoutMs,
    })
    return output.slice(output.indexOf('[Survived]') >= 0 ? output.indexOf('[Survived]') : -3000)
  })

/**
 * Work that changes files, in a checkout of its own.
 *
 * @param {(place: string) => Promise<string>} work
 */
async function inCopy(work) {
  const place = mkdtempSync(join(tmpdir(), 'godwit-mutation-'))
  try {
    await run('clone', 'git', ['clone', '--quiet', ROOT, place])
    await run(
      'install',
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        "const { install } = await import('./tooling/house/install.mjs'); await install()",
      ],
      { cwd: place },
    )
    return await work(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
