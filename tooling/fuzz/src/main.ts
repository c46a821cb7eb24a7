import { commandLine } from '@godwit/vitest-preset/command-line'
import { CodecFuzzer, judgeInput } from './codec-fuzzer.ts'
import { ConversationFuzzer } from './conversation-fuzzer.ts'
import { Finding } from './finding.ts'
import { Random } from './random.ts'
import { TopicsFuzzer } from './topics-fuzzer.ts'

const USAGE = `Feeds changed packets, texts and conversations to codec, topics and broker core until a number of executions or a time is reached.

  --executions N    how many at least, for all targets together (default 5000000)
  --seconds S       when it ends in any case (default 170); fewer than a fifth done by then is a failure
  --for S           goes on for so many seconds instead, however many executions that is
  --seed N          (default: from the clock)
  --conversation N  plays that conversation alone, as a finding names it
  --input "V HEX"   judges that input of the codec alone, as a finding names it`

/** Of a hundred executions: packets are cheap, a step of a conversation costs as much as eight of them. */
const SHARES = { codec: 86, topics: 9, conversations: 5 } as const
/** A busy machine does less in its time, and that is no fault; so little is none that ran. */
const LEAST_SHARE = 0.2
/** Executions between two looks at the clock. */
const ROUND = 2_000

interface Target {
  readonly name: keyof typeof SHARES
  executions: number
  milliseconds: number
  run(): void
}

const { values } = commandLine({
  options: {
    executions: { type: 'string', default: '5000000' },
    seconds: { type: 'string', default: '170' },
    for: { type: 'string' },
    seed: { type: 'string' },
    conversation: { type: 'string' },
    input: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

/** Each of them until its share of a round is done. */
const targets = (seed: number): readonly Target[] => {
  const codec = new CodecFuzzer(new Random(seed))
  const topics = new TopicsFuzzer(new Random(seed + 1))
  const conversations = new ConversationFuzzer()
  let conversation = Math.imul(seed, 1_000_003) >>> 0
  return [
    target('codec', (self) => {
      codec.run()
      self.executions++
    }),
    target('topics', (self) => {
      topics.run()
      self.executions++
    }),
    target('conversations', (self) => {
      const before = conversations.steps
      conversations.run(conversation++ >>> 0)
      self.executions += conversations.steps - before
    }),
  ]
}

const target = (name: Target['name'], once: (self: Target) => void): Target => {
  const self: Target = {
    name,
    executions: 0,
    milliseconds: 0,
    run: () => once(self),
  }
  return self
}

/** Runs until enough has been done, and says how much and how fast. Gives whether all is well. */
const fuzz = (seed: number): boolean => {
  const started = performance.now()
  const wanted = values.for === undefined ? Number(values.executions) : Infinity
  const lastMs = Number(values.for ?? values.seconds) * 1000
  const all = targets(seed)
  const done = (): number => all.reduce((sum, { executions }) => sum + executions, 0)
  let found: Finding | undefined
  while (done() < wanted && performance.now() - started < lastMs && found === undefined) {
    found = round(all)
  }
  for (const { name, executions, milliseconds } of all) {
    console.log(`${name}: ${executions} executions, ${Math.round((executions / milliseconds) * 1000)} a second`)
  }
  const seconds = (performance.now() - started) / 1000
  console.log(`${done()} executions in ${seconds.toFixed(1)} s, ${Math.round(done() / seconds)} a second, seed ${seed}`)
  if (found !== undefined) console.log(`FOUND: ${found.message}\n${found.input}`)
  else if (wanted !== Infinity && done() < wanted) console.log(`the time was over before all ${wanted} were done`)
  return found === undefined && (wanted === Infinity || done() >= wanted * LEAST_SHARE)
}

const round = (all: readonly Target[]): Finding | undefined => {
  for (const each of all) {
    const enough = each.executions + (ROUND * SHARES[each.name]) / 100
    const before = performance.now()
    try {
      while (each.executions < enough) each.run()
    } catch (error) {
      if (!(error instanceof Finding)) throw error
      return error
    }
    each.milliseconds += performance.now() - before
  }
  return undefined
}

if (values.help) console.log(USAGE)
else if (values.conversation !== undefined) new ConversationFuzzer().run(Number(values.conversation))
else if (values.input !== undefined) {
  // What is judged by chance is judged often enough.
  const fuzzer = new CodecFuzzer(new Random(1))
  for (let times = 0; times < 1_000; times++) judgeInput(fuzzer, values.input)
} else process.exitCode = fuzz(Number(values.seed ?? Date.now() % 1_000_000_007)) ? 0 : 1
