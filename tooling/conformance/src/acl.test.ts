import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAclFile } from '@godwit/mqtt-broker/auth'
import { connect, MqttError } from '@godwit/mqtt-client'
import { freePort } from '@godwit/vitest-preset/loopback'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Running } from './processes.ts'

const USERS = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7']
/** May publish everything, so that what the others receive depends on their own rights alone. */
const WRITER = 'user writer\ntopic readwrite #\n'
const LEVELS = ['a', 'b', 'u1', 'u2', 'c1', 'c2']
const TOPICS = LEVELS.flatMap((first) => [first, ...LEVELS.map((second) => `${first}/${second}`), `${first}/a/b`])

const access = fc.constantFrom('', 'read ', 'write ', 'readwrite ', 'deny ')
const filter = (...levels: string[]) =>
  fc
    .tuple(fc.array(fc.constantFrom(...levels, '+'), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([parts, open]) => [...parts, ...(open ? ['#'] : [])].join('/'))
const lines = (keyword: string, ...levels: string[]) =>
  fc
    .array(fc.tuple(access, filter(...levels)), { maxLength: 4 })
    .map((rules) => rules.map(([right, topicFilter]) => `${keyword} ${right}${topicFilter}\n`).join(''))
const section = lines('topic', ...LEVELS)
const aclFile = fc
  .tuple(
    section,
    fc.array(section, { minLength: USERS.length, maxLength: USERS.length }),
    lines('pattern', 'a', '%u', '%c'),
  )
  .map(
    ([anonymous, sections, patterns]) =>
      anonymous + sections.map((rules, user) => `user ${USERS[user]}\n${rules}`).join('') + patterns + WRITER,
  )

describeWithPeers(['mosquitto'], "rights by an ACL file, beside Debian's mosquitto", (mosquitto) => {
  it.each(fc.sample(aclFile, { seed: 2, numRuns: 4 }).map((content, number) => [number, content] as const))(
    'file %i: every Client may publish and receive there what it may here',
    async (_number, content) => {
      await using server = await Mosquitto.start(mosquitto, content)
      const subjects = [undefined, ...USERS].map((username, number) => ({
        clientId: `c${number % 4}${number}`,
        username,
      }))
      // Two of them have identifiers that are levels of the topics.
      Object.assign(subjects[1]!, { clientId: 'c1' })
      Object.assign(subjects[2]!, { clientId: 'c2' })
      const rules = parseAclFile(content)
      for (const subject of subjects) {
        const there = await server.rightsOf(subject)
        const rights = rules.rightsOf(subject)
        const here = {
          published: TOPICS.filter((topic) => rights.canPublish(topic)),
          received: TOPICS.filter((topic) => rights.canReceive(topic)),
        }
        expect({ ...subject, content, ...here }).toEqual({ ...subject, content, ...there })
      }
    },
  )
})

interface Subject {
  readonly clientId: string
  readonly username: string | undefined
}

class Mosquitto implements AsyncDisposable {
  readonly #process: Running
  readonly #folder: string
  readonly #url: string

  private constructor(process: Running, folder: string, url: string) {
    this.#process = process
    this.#folder = folder
    this.#url = url
  }

  static async start(command: string, acl: string): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-acl-'))
    const port = await freePort()
    writeFileSync(join(folder, 'acl'), acl)
    writeFileSync(
      join(folder, 'conf'),
      `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${join(folder, 'acl')}\nuser root\n`,
    )
    const process = new Running(command, ['-v', '-c', join(folder, 'conf')])
    await process.until(/mosquitto version .* running/)
    return new Mosquitto(process, folder, `mqtt://127.0.0.1:${port}`)
  }

  /** Tries every topic both ways. */
  async rightsOf(subject: Subject): Promise<{ published: string[]; received: string[] }> {
    const options = { version: 5, reconnect: false } as const
    await using client = await connect(this.#url, { ...options, ...subject })
    await using writer = await connect(this.#url, { ...options, clientId: 'writer', username: 'writer' })
    const published: string[] = []
    for (const topic of TOPICS) {
      await client.publish(topic, 'own', { qos: 1 }).then(
        () => published.push(topic),
        (error: unknown) => {
          if (!(error instanceof MqttError) || error.reasonCode !== 0x87) throw error
        },
      )
    }
    const received: string[] = []
    await client.subscribe('#', (message) => void received.push(message.topicName), { qos: 0, noLocal: true })
    for (const topic of TOPICS) await writer.publish(topic, 'others', { qos: 1 })
    // Its answer comes behind all that was sent before.
    await client.ping()
    return { published, received }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
