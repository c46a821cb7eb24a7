import fc from 'fast-check'

// `pnpm night` asks each property for many more runs than a daily test can afford. A property that names its own
// `numRuns` keeps it.
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: Number(process.env.GODWIT_FAST_CHECK_RUNS) })
