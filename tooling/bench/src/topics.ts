import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hold } from './harness/contest.ts'
import { versionOf } from './harness/machine.ts'
import { suiteOptions } from './harness/options.ts'
import { publish, reportOf } from './harness/report.ts'
import { growthContest } from './topics/growth-contest.ts'
import { indexContests } from './topics/index-contests.ts'
import { populate } from './topics/subscriptions.ts'

const RESULTS = join(dirname(fileURLToPath(import.meta.url)), '../../results')
const INTRODUCTION =
  'SubscriptionIndex of mqtt-topics against qlobber, set up as Aedes does, in one process and in turns. Both look up the ' +
  'same topics among the same filters and add up how many values match, in one row the values themselves; both must come to the same sum. Times are for one ' +
  'look-up, or for one filter added. The last section has the index beside itself, among many filters and among few.'

const { only, folder, ...timing } = suiteOptions(RESULTS, process.argv.slice(2))
const results = [
  [100_000, 15],
  [1000, 0],
].map(([filters, least]) => ({
  title: `${filters!.toLocaleString('en')} filters`,
  results: indexContests(populate(filters!, Math.min(50_000, filters!)), least!)
    .filter(({ name }) => name.includes(only))
    .map((contest) => hold(contest, timing)),
}))
const growth = [1_000_000, 100_000]
  .map((many) => growthContest(many, 1000))
  .filter(({ name }) => name.includes(only))
  .map((contest) => hold(contest, timing))
const sections = [...results, { title: 'Growth: SubscriptionIndex beside itself', results: growth }]
publish(reportOf('topics', { qlobber: versionOf('qlobber') }, timing.rounds, sections), INTRODUCTION, folder)
