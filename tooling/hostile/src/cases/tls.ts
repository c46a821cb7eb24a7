import { connect as connectTcp } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { spawn } from 'node:child_process'
import { testCertificates } from '@godwit/mqtt-transport/testing'
import { findPeer } from '@godwit/vitest-preset/peers'
import { NotApplicable } from '../brokers/running-broker.ts'
import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { connect } from '../wire/packets.ts'
import { WireClient } from '../wire/wire-client.ts'
import { becomes } from './helpers.ts'

const ca = testCertificates.authority

/** A handshake, or why there is none. */
const secure = (trial: Trial, options: ConnectionOptions = {}): Promise<TLSSocket | string> =>
  new Promise((resolve) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: trial.broker.ports.tls!,
      ca,
      servername: 'localhost',
      ...options,
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', (error) => resolve(error.message))
    socket.once('close', () => resolve('closed'))
  })

/** A Client over TLS that is let in, or not: a server says no to a certificate only after the Client's side is done. */
const letIn = async (trial: Trial, options: ConnectionOptions = {}): Promise<boolean> => {
  const socket = await secure(trial, options)
  if (typeof socket === 'string') return false
  const client = trial.adopt(new WireClient(socket))
  client.send(connect({ version: 4, clientId: trial.name() }))
  return await client.next().then(
    ({ type }) => type === 2,
    () => false,
  )
}

export const TLS: readonly HostileCase[] = [
  hostile(122, { listeners: ['tls'], limits: { tlsHandshakeTimeoutMs: 500 } }, async (trial) => {
    const started = performance.now()
    const stalled = connectTcp({ host: '127.0.0.1', port: trial.broker.ports.tls! })
    let gone = false
    for (const event of ['close', 'error', 'end']) stalled.on(event, () => (gone = true))
    stalled.resume()
    // The first bytes of a ClientHello.
    stalled.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
    trial.check(await becomes(() => gone, 3_000), 'a handshake that stalls is not cut')
    trial.check(performance.now() - started > 450, 'it was cut before its time was over')
    stalled.destroy()
    trial.count('met tlsHandshakeTimeoutMs')
    const plain = await trial.open({ port: trial.broker.ports.tls! })
    plain.send(connect({ version: 4, clientId: trial.name() }))
    await plain.ended()
    trial.equal(plain.frames.length, 0, 'packets to a plain CONNECT')
    const toPlain = await secure(trial, { port: trial.broker.ports.tcp })
    trial.check(typeof toPlain === 'string', 'TLS with a port that has none')
    trial.freeCounts.add('protocolErrors')
    trial.check(await letIn(trial), 'nobody is let in afterwards')
  }),

  hostile(123, { listeners: ['tls'] }, async (trial) => {
    await trial.part('renegotiation', async () => {
      const socket = await secure(trial, { maxVersion: 'TLSv1.2' })
      if (typeof socket === 'string') throw new NotApplicable('it has no TLS 1.2')
      let gone = false
      for (const event of ['close', 'error']) socket.on(event, () => (gone = true))
      let done = 0
      for (let count = 0; count < 20 && !gone; count++) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200)
          socket.renegotiate({}, (error) => {
            clearTimeout(timer)
            if (error === null) done++
            resolve()
          })
        })
      }
      trial.check(gone || done < 20, 'it was negotiated anew 20 times')
      socket.destroy()
    })
    await trial.part('KeyUpdate', async () => {
      const openssl = findPeer('openssl')
      if (openssl === undefined) throw new NotApplicable('openssl is not installed')
      const child = spawn(openssl, ['s_client', '-connect', `127.0.0.1:${trial.broker.ports.tls}`, '-tls1_3'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      let gone = false
      child.once('exit', () => (gone = true))
      child.stdin.on('error', () => {})
      for (let count = 0; count < 400 && !gone; count++) {
        // It reads a line at a time, if the lines come apart.
        child.stdin.write('K\n')
        await becomes(() => gone, 2)
      }
      const cut = await becomes(() => gone, 2_000)
      child.kill('SIGKILL')
      trial.notes.push(cut ? 'a flood of KeyUpdates was cut' : 'a flood of KeyUpdates was not cut')
    })
    trial.check(await letIn(trial), 'nobody is let in afterwards')
    for (const name of ['connectTimeouts', 'met connectTimeoutMs', 'protocolErrors']) trial.freeCounts.add(name)
  }),

  hostile(124, { listeners: ['tls'] }, async (trial) => {
    for (const servername of ['x'.repeat(255), '*', 'a..b', '__proto__', 'xn--zckzah', '-']) {
      await secure(trial, { servername, checkServerIdentity: () => undefined }).then((socket) => {
        if (typeof socket !== 'string') socket.destroy()
      })
      trial.checks++
    }
    for (const ALPNProtocols of [['http/1.1'], ['mqtt'], ['\u0001'], ['x'.repeat(200)]]) {
      const socket = await secure(trial, { ALPNProtocols })
      if (typeof socket !== 'string') socket.destroy()
    }
    trial.check(await letIn(trial), 'nobody is let in afterwards')
  }),

  hostile(125, { listeners: ['mutual-tls'] }, async (trial) => {
    trial.check(!(await letIn(trial)), 'a Client without a certificate was let in')
    trial.check(!(await letIn(trial, testCertificates.stranger)), 'a certificate of another authority was let in')
    trial.check(!(await letIn(trial, testCertificates.expiredServer)), 'a certificate that has ended was let in')
    trial.check(await letIn(trial, testCertificates.client), 'a Client with its certificate is refused')
  }),
]
