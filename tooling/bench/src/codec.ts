import { fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pureText } from '@godwit/mqtt-codec'
import { nodeText } from '@godwit/mqtt-codec/node'
import { encodeContests, encodeIntoContests } from './codec/build.ts'
import { parseContests, streamContests } from './codec/parse.ts'
import { type Contest, hold } from './harness/contest.ts'
import { versionOf } from './harness/machine.ts'
import { suiteOptions } from './harness/options.ts'
import { publish, reportOf, type Section } from './harness/report.ts'

const RESULTS = join(dirname(fileURLToPath(import.meta.url)), '../../results')
const INTRODUCTION =
  'mqtt-codec against mqtt-packet in one process, in turns. Parsing goes to a packet of which every field is read: topic ' +
  'string, payload view, each property; the peer gets the same reads, and both must come to the same sum. Each text codec ' +
  'has a process of its own, as a program has one of them: `pureText` on plain Uint8Arrays as in a browser, `nodeText` on ' +
  "Buffers as they come from a socket. Memory that is not filled with zeros first, which a long packet wants, is Node's: " +
  'the peer has it in both, we with `nodeText` alone.'

const [first, ...rest] = process.argv.slice(2)
if (first === 'pureText' || first === 'nodeText') process.send!(measure(first, rest))
else {
  const options = suiteOptions(RESULTS, process.argv.slice(2))
  const sections: Section[] = []
  for (const text of ['nodeText', 'pureText']) sections.push(...(await inProcess(text)))
  publish(
    reportOf('codec', { 'mqtt-packet': versionOf('mqtt-packet') }, options.rounds, sections),
    INTRODUCTION,
    options.folder,
  )
}

function measure(name: 'pureText' | 'nodeText', args: readonly string[]): Section[] {
  const { only, ...timing } = suiteOptions(RESULTS, args)
  const text = name === 'pureText' ? pureText : nodeText
  const chunk = (bytes: Buffer) => (name === 'pureText' ? Uint8Array.from(bytes) : bytes)
  const section = (title: string, contests: readonly Contest[]): Section => ({
    title: `${title}, ${name}`,
    results: contests.filter((contest) => contest.name.includes(only)).map((contest) => hold(contest, timing)),
  })
  return [
    section('Parse a stream of 600 PUBLISH', streamContests(text, chunk)),
    section('Parse packets, one to a chunk', parseContests(text, chunk)),
    section('Encode', encodeContests(text)),
    section('Encode into a buffer', encodeIntoContests(text)),
  ].filter(({ results }) => results.length > 0)
}

function inProcess(text: string): Promise<Section[]> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1]!, [text, ...process.argv.slice(2)])
    let sections: Section[] | undefined
    child.on('message', (message) => (sections = message as Section[]))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0 && sections !== undefined) resolve(sections)
      else reject(new TypeError(`the process for ${text} ended with ${code}`))
    })
  })
}
