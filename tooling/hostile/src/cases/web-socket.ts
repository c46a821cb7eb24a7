import { randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { bytes, u16 } from '../wire/bytes.ts'
import { connect, PINGREQ } from '../wire/packets.ts'
import { Unmet } from '../wire/wire-client.ts'
import { becomes, pause } from './helpers.ts'

/** HTTP by hand, then frames by hand (RFC 6455). */
class RawWebSocket {
  readonly socket: Socket
  received = Buffer.alloc(0)
  ended = false

  constructor(port: number) {
    this.socket = connectTcp({ host: '127.0.0.1', port, noDelay: true })
    this.socket.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])))
    for (const event of ['error', 'close', 'end']) this.socket.on(event, () => (this.ended = true))
  }

  /** Sends an upgrade; resolves with the head of the answer. */
  async upgrade(headers: readonly string[], options: { path?: string } = {}): Promise<string> {
    this.socket.write(
      [
        `GET ${options.path ?? '/mqtt'} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        'Sec-WebSocket-Version: 13',
        ...headers,
        '',
        '',
      ].join('\r\n'),
    )
    return await this.head()
  }

  async head(milliseconds = 3_000): Promise<string> {
    const end = (): number => this.received.indexOf('\r\n\r\n')
    const whole = await becomes(() => end() >= 0 || this.ended, milliseconds)
    if (!whole || end() < 0) throw new Unmet('no answer to an HTTP request')
    const head = this.received.toString('latin1', 0, end())
    this.received = this.received.subarray(end() + 4)
    return head
  }

  frame(opcode: number, content: Uint8Array, { final = true, masked = true } = {}): void {
    const size =
      content.length < 126
        ? bytes((masked ? 0x80 : 0) | content.length)
        : content.length < 65_536
          ? bytes((masked ? 0x80 : 0) | 126, u16(content.length))
          : bytes((masked ? 0x80 : 0) | 127, 0, 0, 0, 0, u16(content.length >>> 16), u16(content.length & 0xffff))
    // A mask of zeros leaves the bytes as they are.
    this.socket.write(bytes((final ? 0x80 : 0) | opcode, size, masked ? [0, 0, 0, 0] : [], content))
  }

  /** MQTT bytes that came in frames: the first ones are all that a case looks at. */
  async mqtt(count: number): Promise<Buffer> {
    const payload = (): Buffer => {
      const found: Buffer[] = []
      for (let at = 0; at + 2 <= this.received.length;) {
        const length = this.received[at + 1]! & 0x7f
        if ((this.received[at]! & 0x0f) <= 2) found.push(this.received.subarray(at + 2, at + 2 + length))
        at += 2 + length
      }
      return Buffer.concat(found)
    }
    await becomes(() => payload().length >= count || this.ended, 3_000)
    return payload()
  }

  /** The code of the Close frame that came. */
  async closeCode(milliseconds = 3_000): Promise<number | undefined> {
    const code = (): number | undefined => {
      for (let at = 0; at + 2 <= this.received.length;) {
        const length = this.received[at + 1]! & 0x7f
        if ((this.received[at]! & 0x0f) === 8) return this.received.readUInt16BE(at + 2)
        at += 2 + length
      }
      return undefined
    }
    await becomes(() => code() !== undefined || this.ended, milliseconds)
    return code()
  }
}

const MQTT = 'Sec-WebSocket-Protocol: mqtt'

const opened = async (trial: Trial, headers: readonly string[] = [MQTT]): Promise<RawWebSocket> => {
  const client = new RawWebSocket(trial.broker.ports.ws!)
  const head = await client.upgrade(headers)
  if (!head.startsWith('HTTP/1.1 101')) throw new Unmet(`${head.split('\r\n')[0]} where 101 was due`)
  return client
}

/** The status of the answer to an upgrade. */
const statusOf = async (trial: Trial, headers: readonly string[]): Promise<string> => {
  const client = new RawWebSocket(trial.broker.ports.ws!)
  try {
    return /^HTTP\/1.1 (\d+)/.exec(await client.upgrade(headers))?.[1] ?? 'none'
  } finally {
    client.socket.destroy()
  }
}

const version = 4

export const WEB_SOCKET: readonly HostileCase[] = [
  hostile(116, { listeners: ['ws'], limits: { tlsHandshakeTimeoutMs: 500 } }, async (trial) => {
    for (const offered of ['', 'Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: MQTTv5, http']) {
      trial.equal(await statusOf(trial, offered === '' ? [] : [offered]), '400', `the answer to "${offered}"`)
    }
    for (const offered of ['mqtt', 'mqttv3.1']) {
      const client = new RawWebSocket(trial.broker.ports.ws!)
      const head = await client.upgrade([`Sec-WebSocket-Protocol: chat, ${offered}`])
      trial.check(
        head.toLowerCase().includes(`sec-websocket-protocol: ${offered}`),
        `${offered} is not agreed on: ${head}`,
      )
      client.socket.destroy()
    }
    const lines = Array.from({ length: 2_000 }, (_, place) => `X-${place}: y`)
    trial.equal(await statusOf(trial, [MQTT, ...lines]), '431', 'the answer to 2,000 headers')
    trial.equal(await statusOf(trial, [MQTT, `X: ${'y'.repeat(65_536)}`]), '431', 'the answer to 64 KiB of header')
    const slow = new RawWebSocket(trial.broker.ports.ws!)
    slow.socket.write('GET /mqtt HTTP/1.1\r\nHost: x\r\n')
    const drip = setInterval(() => slow.socket.write('X'), 50)
    const head = await slow.head(3_000).finally(() => clearInterval(drip))
    trial.check(head.startsWith('HTTP/1.1 408'), `the answer to a slow header: ${head.split('\r\n')[0]}`)
    slow.socket.destroy()
  }),

  hostile(117, { listeners: ['ws'] }, async (trial) => {
    const content = bytes(connect({ version, clientId: trial.name() }), PINGREQ, PINGREQ)
    const whole = await opened(trial)
    whole.frame(2, content)
    const wanted = '20020000d000d000'
    trial.equal((await whole.mqtt(8)).toString('hex'), wanted, 'answers to many packets in a frame')
    const cut = await opened(trial)
    for (const byte of bytes(connect({ version, clientId: trial.name() }), PINGREQ, PINGREQ)) cut.frame(2, bytes(byte))
    trial.equal((await cut.mqtt(8)).toString('hex'), wanted, 'answers to a byte in each frame')
    const waiting = await opened(trial)
    waiting.frame(2, connect({ version, clientId: trial.name() }))
    await waiting.mqtt(4)
    waiting.frame(2, bytes(0x30, 100, 0, 1, 0x61))
    await pause(50)
    trial.check(!waiting.ended, 'a packet that is longer than its frame was not waited for')
    for (const client of [whole, cut, waiting]) client.socket.destroy()
  }),

  hostile(118, { listeners: ['ws'] }, async (trial) => {
    const client = await opened(trial)
    client.frame(1, Buffer.from('hello'))
    trial.equal(await client.closeCode(), 1003, 'the code of the close')
    client.socket.destroy()
  }),

  hostile(119, { listeners: ['ws'] }, async (trial) => {
    for (const size of [0, 1]) {
      await trial.part(`fragments of ${size} bytes`, async () => {
        const before = await trial.look()
        const client = await opened(trial)
        client.frame(2, Buffer.alloc(size), { final: false })
        const some = Buffer.concat(
          Array.from({ length: 10_000 }, () => bytes(0, 0x80 | size, 0, 0, 0, 0, Buffer.alloc(size))),
        )
        for (let count = 0; count < 100 && !client.ended; count++) {
          await Promise.race([new Promise<void>((resolve) => client.socket.write(some, () => resolve())), pause(200)])
        }
        const code = await client.closeCode()
        trial.check(client.ended || code !== undefined, 'a million fragments were taken')
        trial.check(code === undefined || code === 1008 || code === 1009, `the code ${code}`)
        const grown = (await trial.look()).residentBytes - before.residentBytes
        trial.measure(`resident memory for fragments of ${size} bytes`, grown / 1024 / 1024, 'MiB')
        client.socket.destroy()
      })
    }
    trial.freeCounts.add('protocolErrors')
  }),

  hostile(120, { listeners: ['ws'] }, async (trial) => {
    const client = new RawWebSocket(trial.broker.ports.ws!)
    const head = await client.upgrade([MQTT, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'])
    trial.check(head.startsWith('HTTP/1.1 101'), head.split('\r\n')[0] ?? '')
    trial.check(!/sec-websocket-extensions/i.test(head), 'compression was agreed on')
    client.socket.destroy()
  }),

  hostile(121, { listeners: ['ws'], origins: ['https://good.example'] }, async (trial) => {
    trial.equal(await statusOf(trial, [MQTT, 'Origin: https://bad.example']), '403', 'the answer to another Origin')
    trial.equal(
      await statusOf(trial, [MQTT, 'Origin: https://good.example']),
      '101',
      'the answer to the Origin of the list',
    )
    const good = [MQTT, 'Origin: https://good.example']
    const unmasked = await opened(trial, good)
    unmasked.frame(2, PINGREQ, { masked: false })
    trial.equal(await unmasked.closeCode(), 1002, 'the code for an unmasked frame')
    const flood = await opened(trial, good)
    for (let count = 0; count < 200; count++) flood.frame(9, Buffer.from('x'))
    trial.check(await becomes(() => flood.ended, 2_000), '200 pings at once were answered')
    for (const client of [unmasked, flood]) client.socket.destroy()
  }),
]
