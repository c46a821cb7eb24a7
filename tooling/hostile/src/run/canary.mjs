// Two quiet Clients in a process of their own: while a case runs, they measure how long PINGREQ and a message take.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const TICK_MS = 4
const MOST_ATTEMPTS = 20
const PINGREQ = Buffer.from([0xc0, 0])
let worst = { brokerMs: 0, echoMs: 0, samples: 0 }
let parts
let timer
let brokerProcessId

process.on('disconnect', () => process.exit())
process.on('message', (message) => void answer(message).then((reply) => process.send(reply)))

async function answer(message) {
  if (message.type === 'watch') await watch(message)
  else if (message.type === 'report') return await report()
  else worst = { brokerMs: 0, echoMs: 0, samples: 0 }
  return 'done'
}

async function watch({ port, processId, echoPort, username, password }) {
  brokerProcessId = processId
  const publisher = await client(port, 'canary-publisher', username, password)
  const subscriber = await client(port, 'canary-subscriber', username, password)
  const topic = text('canary')
  subscriber.write(Buffer.concat([Buffer.from([0x82, topic.length + 3, 0, 1]), topic, Buffer.from([0])]))
  await came(subscriber)
  const echo = connect(echoPort, '127.0.0.1')
  echo.setNoDelay(true)
  await new Promise((resolve) => echo.once('connect', resolve))
  const publish = Buffer.concat([Buffer.from([0x30, topic.length]), topic])
  const ofBroker = (ms) => (worst.brokerMs = Math.max(worst.brokerMs, ms))
  const ofEcho = (ms) => (worst.echoMs = Math.max(worst.echoMs, ms))
  parts = [
    new Stopwatch(publisher, PINGREQ, publisher, ofBroker, kernelWaitMs),
    new Stopwatch(publisher, publish, subscriber, ofBroker, kernelWaitMs),
    new Stopwatch(echo, PINGREQ, echo, ofEcho, () => 0),
  ]
  let ticks = 0
  clearInterval(timer)
  timer = setInterval(() => {
    parts.forEach((part) => part.go())
    // Its Keep Alive may be held to a second.
    if (++ticks % 100 === 0) subscriber.write(PINGREQ)
  }, TICK_MS)
}

/** Not only the answer to a PINGREQ. */
function isPublish(chunk) {
  return chunk[0] >> 4 === 3 || chunk.length > 2
}

/** For how long the broker has been ready to run while others had the processors (proc(5), schedstat). */
function kernelWaitMs() {
  try {
    return Number(readFileSync(`/proc/${brokerProcessId}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/** One question at a time, and how long its answer takes, without the time for which the kernel let others run. */
class Stopwatch {
  #since
  #waitedBefore = 0
  constructor(from, question, to, took, waitedMs) {
    this.from = from
    this.question = question
    this.took = took
    this.waitedMs = waitedMs
    to.on('data', (chunk) => {
      if (this.#since === undefined || (from !== to && !isPublish(chunk))) return
      this.#stop()
      worst.samples++
      this.#since = undefined
    })
    to.on('close', () => (this.lost = true))
  }

  go() {
    if (this.#since !== undefined) return
    this.#waitedBefore = this.waitedMs()
    this.#since = performance.now()
    this.from.write(this.question)
  }

  /** What has not been answered yet has taken at least so long. */
  look() {
    if (this.#since !== undefined) this.#stop()
  }

  #stop() {
    const now = performance.now()
    this.took(Math.max(0, now - this.#since - (this.waitedMs() - this.#waitedBefore)))
  }
}

/** At least one question is asked after this, and answered. */
async function report() {
  const before = worst.samples
  const by = performance.now() + 5000
  while (performance.now() < by) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (parts.every((part) => part.lost !== true) && worst.samples >= before + 6) break
    if (parts.some((part) => part.lost === true)) break
  }
  parts.forEach((part) => part.look())
  return { ...worst, lost: parts.some((part) => part.lost === true) }
}

/** A broker on a busy machine may refuse a Client for being late or for being late itself: it is asked again. */
async function client(port, clientId, username, password) {
  const login = username === undefined ? [] : [text(username), text(password)]
  const flags = username === undefined ? 2 : 0xc2
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, flags, 0, 0]), text(clientId), ...login])
  const packet = Buffer.concat([Buffer.from([0x10, body.length]), body])
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.write(packet)
    const answer = await came(socket)
    if (answer?.[3] === 0) return socket
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20 * attempt))
  }
  throw new RangeError(`the broker let nobody in, ${MOST_ATTEMPTS} times`)
}

/** The next bytes, or undefined: there are none any more. */
function came(socket) {
  return new Promise((resolve) => {
    socket.once('data', resolve)
    socket.once('close', () => resolve(undefined))
  })
}

function text(value) {
  return Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
}
