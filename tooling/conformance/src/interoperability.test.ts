import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Cell,
  cellsOf,
  CLIENTS,
  type ClientKind,
  expected,
  line,
  messagesIn,
  PAYLOADS,
  topicOf,
  USER_PROPERTY,
} from './interoperability/cells.ts'
import { GodwitProcess } from './interoperability/godwit-process.ts'
import { interoperabilityPage } from './interoperability/page.ts'
import { outputOf, Running, run } from './processes.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { mosquitto, pahoPython, pahoC, mqttJs } = CLIENTS

it('interoperability.md of the broker shows the matrix that these tests try', async () => {
  await expect(interoperabilityPage()).toMatchFileSnapshot('../../../packages/mqtt-broker/docs/interoperability.md')
})

describeWithPeers(['openssl', 'mosquitto_pub', 'mosquitto_sub'], `${mosquitto.name} against godwit`, () => {
  matrix(mosquitto, async (cell, godwit) => {
    const { version, qos, transport } = cell
    const common = [
      ...['-V', version === '5.0' ? '5' : '311', '-h', '127.0.0.1', '-p', String(godwit.port(transport))],
      ...['-t', topicOf(cell, mosquitto), '-q', String(qos)],
      ...(transport === 'TLS' ? ['--cafile', godwit.cafile] : []),
    ]
    // `-d` makes it say when its SUBACK has come: from then on nothing is lost. `stdbuf` lets it say so at once.
    const format = line(0, '%P', '%p').replace('0', '%q')
    const count = String(PAYLOADS.length)
    await using sub = new Running('stdbuf', ['-oL', 'mosquitto_sub', '-d', ...common, '-F', format, '-C', count])
    await sub.until(/Subscribed \(mid/)
    const property = version === '5.0' ? ['-D', 'PUBLISH', 'user-property', ...USER_PROPERTY] : []
    outputOf(await new Running('mosquitto_pub', [...common, ...property, '-l']).withInput(PAYLOADS))
    return messagesIn(outputOf(await sub.finished))
  })

  it('over WebSocket there is nothing to try: it knows no such option', async () => {
    const { code, stderr } = await run('mosquitto_pub', ['--ws', '-t', 'x', '-n'])
    expect(stderr).toContain("Unknown option '--ws'")
    expect(code).toBe(1)
  })
})

describeWithPeers(['openssl', 'python3-paho-mqtt'], `${pahoPython.name} against godwit`, (_openssl, python) => {
  matrix(pahoPython, async (cell, godwit) => {
    const { version, qos, transport } = cell
    const program = new Running(
      python,
      [
        here('interoperability/python-client.py'),
        ...[transport, String(godwit.port(transport)), godwit.cafile, version, String(qos), topicOf(cell, pahoPython)],
        ...USER_PROPERTY,
      ],
      { PYTHONIOENCODING: 'utf-8' },
    )
    return messagesIn(outputOf(await program.withInput(PAYLOADS)))
  })
})

describeWithPeers(['openssl', 'gcc', 'libpaho-mqtt'], `${pahoC.name} against godwit`, (_openssl, gcc) => {
  let program: string | undefined
  matrix(pahoC, async (cell, godwit) => {
    const { version, qos, transport } = cell
    if (program === undefined) {
      program = join(godwit.folder, 'c-client')
      execFileSync(gcc, ['-Wall', '-Werror', '-o', program, here('interoperability/c-client.c'), '-lpaho-mqtt3cs'])
    }
    const url = { TCP: 'tcp', TLS: 'ssl', WebSocket: 'ws' }[transport]
    const path = transport === 'WebSocket' ? '/mqtt' : ''
    const running = new Running(program, [
      `${url}://127.0.0.1:${godwit.port(transport)}${path}`,
      ...[godwit.cafile, version, String(qos), topicOf(cell, pahoC)],
      ...USER_PROPERTY,
    ])
    return messagesIn(outputOf(await running.withInput(PAYLOADS)))
  })
})

describeWithPeers(['openssl'], `${mqttJs.name} against godwit`, () => {
  matrix(mqttJs, async (cell, godwit) => {
    const { version, qos, transport } = cell
    const url = { TCP: 'mqtt', TLS: 'mqtts', WebSocket: 'ws' }[transport]
    const path = transport === 'WebSocket' ? '/mqtt' : ''
    const client = await mqtt.connectAsync(`${url}://127.0.0.1:${godwit.port(transport)}${path}`, {
      protocolVersion: version === '5.0' ? 5 : 4,
      reconnectPeriod: 0,
      ...(transport === 'TLS' && { ca: readFileSync(godwit.cafile) }),
    })
    try {
      const seen: string[] = []
      const complete = new Promise<void>((resolve) => {
        client.on('message', (_topic, payload, packet) => {
          const pairs = Object.entries(packet.properties?.userProperties ?? {}).map(
            ([name, value]) => `${name}:${String(value)}`,
          )
          seen.push(line(packet.qos, pairs.join(' '), payload.toString()))
          if (seen.length === PAYLOADS.length) resolve()
        })
      })
      await client.subscribeAsync(topicOf(cell, mqttJs), { qos })
      const properties = version === '5.0' && {
        properties: { userProperties: { [USER_PROPERTY[0]]: USER_PROPERTY[1] } },
      }
      for (const payload of PAYLOADS) await client.publishAsync(topicOf(cell, mqttJs), payload, { qos, ...properties })
      await complete
      return seen
    } finally {
      await client.endAsync()
    }
  })
})

/** A test for each cell of a client, against one broker process that then has to end in order. */
function matrix(
  client: ClientKind,
  messagesOf: (cell: Cell, godwit: GodwitProcess) => Promise<readonly string[]>,
): void {
  let godwit: GodwitProcess
  beforeAll(async () => {
    godwit = await GodwitProcess.start()
  })
  afterAll(async () => {
    await godwit?.[Symbol.asyncDispose]()
  })

  it.each(cellsOf(client).map((cell) => [cell.version, cell.qos, cell.transport, cell] as const))(
    `${client.name}, %s, QoS %i, %s: every message once, in order and unchanged`,
    async (_version, _qos, _transport, cell) => {
      expect(await messagesOf(cell, godwit)).toEqual(expected(cell))
    },
  )

  it(`${client.name}: the broker that they all spoke to ends in order`, async () => {
    expect(await godwit.end()).toBe(0)
  })
}
