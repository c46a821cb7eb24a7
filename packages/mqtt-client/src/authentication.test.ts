import { describe, expect, it } from 'vitest'
import { enhancedAuthentication, type AuthMechanism } from './authentication.ts'
import { idle, online } from './testing/harness.ts'
import { polite, ScriptedServer } from './testing/scripted-server.ts'
import { settle } from './testing/virtual-runtime.ts'

describe('enhanced authentication', () => {
  const mechanism = (): AuthMechanism & { log: string[] } => {
    const log: string[] = []
    const bytes = (text: string) => new TextEncoder().encode(text)
    return {
      log,
      method: 'TEST',
      start: () => bytes('start'),
      step: async (challenge) => bytes(`answer to ${new TextDecoder().decode(challenge)}`),
      done: (data) => {
        log.push(`done ${new TextDecoder().decode(data)}`)
        if (new TextDecoder().decode(data) === 'false proof') throw new TypeError('not the server')
      },
    }
  }
  const properties = (text: string) => ({
    authenticationMethod: 'TEST',
    authenticationData: new TextEncoder().encode(text),
  })

  it('answers challenges before CONNACK and checks the last data of the server', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') connection.send({ type: 'auth', reasonCode: 0x18, properties: properties('one') })
      if (packet.type === 'auth')
        connection.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: properties('proof') })
    })
    const proving = mechanism()
    const authentication = enhancedAuthentication(proving)
    await online({ authentication }, server)
    expect(server.last.of('connect')[0]?.properties).toMatchObject(properties('start'))
    expect(server.last.of('auth')).toMatchObject([{ reasonCode: 0x18, properties: properties('answer to one') }])
    expect(proving.log).toEqual(['done proof'])

    server.answer = (packet, connection) => {
      if (packet.type === 'auth') connection.send({ type: 'auth', reasonCode: 0, properties: properties('again') })
    }
    await authentication.reauthenticate()
    expect(server.last.of('auth')[1]).toMatchObject({ reasonCode: 0x19, properties: properties('start') })
    expect(proving.log).toEqual(['done proof', 'done again'])
  })

  it('does not trust a server whose proof is false', async () => {
    const connack = { properties: properties('false proof') }
    const { client } = idle(
      { authentication: enhancedAuthentication(mechanism()) },
      new ScriptedServer(polite({ connack })),
    )
    await expect(client.connect()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(client.state).toBe('closed')
  })

  it('a mechanism that is not ready when its attempt ends leaves no connection open', async () => {
    const server = new ScriptedServer()
    let ready: ((data: Uint8Array) => void) | undefined
    const slow = { ...mechanism(), start: () => new Promise<Uint8Array>((resolve) => (ready = resolve)) }
    const { client } = idle({ authentication: enhancedAuthentication(slow) }, server)
    client.connect().catch(() => {})
    await settle()
    await client.close({ drain: false })
    ready!(new Uint8Array(1))
    await settle()
    expect(server.connections.filter(({ closed }) => !closed)).toEqual([])
  })

  it('a mechanism that cannot start fails the attempt, before there is a connection', async () => {
    const server = new ScriptedServer()
    const broken = { ...mechanism(), start: () => Promise.reject(new TypeError('no key')) }
    const { client } = idle({ authentication: enhancedAuthentication(broken), reconnect: false }, server)
    await expect(client.connect()).rejects.toMatchObject({ cause: { message: 'no key' } })
    await client.close({ drain: false })
    expect(server.connections).toEqual([])
  })

  it('re-authentication needs a connection, and a server that answers', async () => {
    const authentication = enhancedAuthentication(mechanism())
    await expect(authentication.reauthenticate()).rejects.toMatchObject({ code: 'OFFLINE' })
    const connack = { properties: properties('proof') }
    const { client, server } = await online({ authentication }, new ScriptedServer(polite({ connack })))
    const abort = new AbortController()
    const aborted = authentication.reauthenticate({ signal: abort.signal })
    const lost = authentication.reauthenticate()
    await expect(authentication.reauthenticate({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(authentication.reauthenticate({ signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    server.last.destroy()
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await client.close()
  })

  it('AUTH that says success without being asked ends the connection', async () => {
    const connack = { properties: properties('proof') }
    const authentication = enhancedAuthentication(mechanism())
    const { server } = await online({ authentication }, new ScriptedServer(polite({ connack })))
    server.last.send({ type: 'auth', reasonCode: 0, properties: properties('again') })
    await settle()
    expect(server.last.of('disconnect')).toMatchObject([{ reasonCode: 0x82 }])
  })
})
