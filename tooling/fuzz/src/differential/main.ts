import { commandLine } from '@godwit/vitest-preset/command-line'
import { findPeer, missingPeers } from '@godwit/vitest-preset/peers'
import { godwitStarter, mosquittoStarter, versionOf } from './brokers.ts'
import { Comparison } from './comparison.ts'
import { EXPLAINED_VERSION, explain, EXPLANATIONS } from './explanations.ts'
import type { Difference } from './play.ts'
import { told } from './script.ts'

const USAGE = `Has the same conversations with Debian's Mosquitto and with ours: three Clients, both versions, some packets changed. Each
difference has to be explained in src/differential/explanations.ts, and each explanation has to be seen in its example.

  --conversations N  how many (default 400)
  --seed N           the first of them (default 1)
  --seconds S        when it ends in any case (default 60); fewer conversations until then are no failure
  --for S            goes on for so many seconds instead, however many conversations that is
  --conversation N   has that one alone, and tells every difference`

const { values } = commandLine({
  options: {
    conversations: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    for: { type: 'string' },
    conversation: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const tell = ({ place, step, ours, theirs }: Difference): string =>
  `${told(step)}\n  Client ${place}, ours:   ${ours.join('; ')}\n  Client ${place}, theirs: ${theirs.join('; ')}`

/** One conversation, with every difference. */
const one = async (command: string, conversation: number): Promise<void> => {
  const comparison = new Comparison([godwitStarter(), mosquittoStarter(command)], (difference) => {
    const explanation = explain(difference)
    if (explanation !== undefined) console.log(`${tell(difference)}\n  ${explanation.name}`)
    return explanation
  })
  await comparison.run(conversation)
  console.log(`${comparison.steps} steps`)
  for (const { difference } of comparison.unexplained) {
    console.log(`UNEXPLAINED after\n${difference.steps.map(told).join('\n')}\n${tell(difference)}`)
    process.exitCode = 1
  }
}

const many = async (command: string): Promise<void> => {
  const started = performance.now()
  const version = versionOf(command)
  console.log(version)
  const comparison = new Comparison([godwitStarter(), mosquittoStarter(command)], explain)
  // An explanation of what is not so any more hides what it should not. Another version may do better.
  const notSeen = []
  for (const explanation of EXPLANATIONS) {
    const needed = await comparison.run(explanation.example)
    if (!needed.has(explanation)) notSeen.push(explanation)
  }
  const first = Number(values.seed)
  const wanted = values.for === undefined ? Number(values.conversations) : Infinity
  const lastMs = Number(values.for ?? values.seconds) * 1000
  for (let done = 0; done < wanted && performance.now() - started < lastMs; done++) await comparison.run(first + done)

  for (const [{ name }, count] of comparison.explained) console.log(`${String(count).padStart(6)}  ${name}`)
  for (const { name, example } of notSeen) console.log(`NOT SEEN in conversation ${example}: ${name}`)
  for (const { conversation, difference } of comparison.unexplained) {
    console.log(
      `UNEXPLAINED in conversation ${conversation} (--conversation ${conversation} tells all of it)\n${tell(difference)}`,
    )
  }
  const { conversations, steps, unexplained } = comparison
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${conversations} conversations, ${steps} steps compared, in ${seconds} s`)
  const failed = unexplained.length + (version === EXPLAINED_VERSION ? notSeen.length : 0)
  console.log(`${conversations - unexplained.length} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

const command = findPeer('mosquitto')
if (values.help) console.log(USAGE)
else if (command === undefined) {
  const required = process.env['GODWIT_PEERS'] === 'required'
  console.log(`skipped, nothing was compared: ${missingPeers(['mosquitto'])}\n0 passed, ${required ? 1 : 0} failed`)
  process.exitCode = required ? 1 : 0
} else if (values.conversation === undefined) await many(command)
else await one(command, Number(values.conversation))
