import fc from 'fast-check'

const { GODWIT_FAST_CHECK_RUNS: runs, GODWIT_FAST_CHECK_MOST: most } = process.env

// `pnpm night` asks each property for many more runs than a daily test can afford. A property that names its own
// `numRuns` keeps it.
if (runs) fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: Number(runs) })

// Mutation testing asks each property again for every planted fault: so often at the most, whatever it names, and always
// with the same cases, so that a fault which is found is found the next time, too.
if (most) {
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1 })
  fc.installGlobalPlugin(() => atMost(Number(most)))
}

/** What comes behind so many runs is the last case again, and counts as passed. */
function atMost(most) {
  let started = 0
  let value
  return {
    decorateGenerate: (generate) => (random, runId) =>
      value === undefined || started < most ? (value = generate(random, runId)) : value,
    decorateRun: (run) => (given) => (started++ < most ? run(given) : null),
  }
}
