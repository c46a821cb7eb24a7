// Aedes as its README starts it, with the options that it has for what a case limits.
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'

/** Authenticators that wait, by Client Identifier. */
const waiting = new Map()
let aedes
const servers = []

process.on('message', (message) => void answer(message).then((reply) => process.send(reply)))

async function answer(message) {
  if (message.type === 'start') return await start(message.setup, message.certificates)
  if (message.type === 'measure') return { type: 'measured', measured: await measure(message.collect) }
  if (message.command.do === 'answer') {
    const { clientId, allowed } = message.command
    while (!waiting.get(clientId)?.length) await new Promise((resolve) => setTimeout(resolve, 2))
    waiting.get(clientId).shift()(null, allowed)
  }
  if (message.command.do === 'disconnect') aedes.clients[message.command.clientId]?.close()
  return { type: 'done' }
}

async function start({ limits = {}, login, listeners = [] }, certificates) {
  aedes = await Aedes.createBroker({
    ...(limits.connectTimeoutMs && { connectTimeout: limits.connectTimeoutMs }),
    ...(limits.outputStallTimeoutMs && { drainTimeout: limits.outputStallTimeoutMs }),
    ...(limits.maximumClientIdBytes && { maxClientsIdLength: limits.maximumClientIdBytes }),
    ...(limits.maximumTopicLevels && { maxTopicLevels: limits.maximumTopicLevels }),
    ...(login && { authenticate: authenticator(login) }),
  })
  const reply = { type: 'started', tcp: await listen(createServer(aedes.handle)) }
  if (listeners.some((each) => each.endsWith('tls'))) {
    const mutual = listeners.includes('mutual-tls') && { ca: certificates.authority, requestCert: true }
    reply.tls = await listen(createTlsServer({ ...certificates.server, ...mutual }, aedes.handle))
  }
  return reply
}

async function listen(server) {
  servers.push(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

function authenticator(login) {
  return (client, username, password, callback) => {
    if (username === 'canary') return callback(null, true)
    if (login.kind === 'passwords') return callback(null, login.users[username] === password?.toString())
    const does = ['throw', 'reject', 'hang', 'answer twice'].includes(username) ? username : login.does
    if (does === 'throw') throw new TypeError('thrown')
    if (does === 'reject') return callback(new TypeError('rejected'), null)
    if (does === 'answer twice') {
      callback(null, true)
      return callback(null, false)
    }
    if (does === 'wait') waiting.set(client.id, [...(waiting.get(client.id) ?? []), callback])
  }
}

async function measure(collect) {
  const looks = []
  for (let look = 0; look < 3; look++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (collect) globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    looks.push(heapUsed + external)
  }
  const { user, system } = process.cpuUsage()
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  return {
    memoryBytes: looks.sort((one, other) => one - other)[1],
    residentBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    gauges: { connections: aedes.connectedClients, sockets },
    counts: {},
  }
}
