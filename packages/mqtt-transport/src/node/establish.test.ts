import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { establish } from './establish.ts'

describe('an attempt to connect', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => vi.useRealTimers())

  it.each([
    { host: 'example.org', events: [], phase: 'dns' },
    { host: 'example.org', events: ['lookup'], phase: 'tcp' },
    { host: '192.0.2.1', events: [], phase: 'tcp' },
    { host: '2001:db8::1', events: [], phase: 'tcp' },
    { host: 'example.org', events: ['lookup', 'connect'], phase: 'tls' },
  ] as const)('gives up in time and says how far it came: $host after $events in $phase', async (example) => {
    const { host, events, phase } = example
    const socket = new Socket()
    const attempt = start(socket, { host, port: 1883 }, 'secureConnect')
    for (const event of events) socket.emit(event)
    vi.advanceTimersByTime(9_999)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    const shown = host.includes(':') ? `[${host}]:1883` : `${host}:1883`
    await expect(attempt).rejects.toMatchObject({ code: 'TIMEOUT', phase })
    await expect(attempt).rejects.toThrow(`connecting to ${shown} failed: not done within 10000 ms`)
    expect(socket.destroyed).toBe(true)
  })

  it('takes another time, or none', async () => {
    const attempt = start(new Socket(), { host: 'example.org', port: 1, connectTimeoutMs: 5 })
    vi.advanceTimersByTime(5)
    await expect(attempt).rejects.toMatchObject({ code: 'TIMEOUT' })
    const patient = new Socket()
    const connected = start(patient, { host: 'example.org', port: 1, connectTimeoutMs: 0 })
    expect(vi.getTimerCount()).toBe(0)
    patient.emit('connect')
    await expect(connected).resolves.toBe('connected')
  })

  it('leaves no timer and no listener when it succeeds', async () => {
    const socket = new Socket()
    const before = counts(socket)
    const { signal, listeners } = watchedSignal()
    const attempt = start(socket, { host: 'example.org', port: 1, signal })
    expect(listeners.size).toBe(1)
    socket.emit('connect')
    await expect(attempt).resolves.toBe('connected')
    expect(counts(socket)).toStrictEqual(before)
    expect(listeners.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer and hears later errors when it fails', async () => {
    const socket = new Socket()
    const attempt = start(socket, { host: 'example.org', port: 1 })
    socket.emit('error', Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' }))
    await expect(attempt).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
    expect(() => socket.emit('error', new TypeError('again'))).not.toThrow()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a close without an error is a reset', async () => {
    const socket = new Socket()
    const attempt = start(socket, { host: '192.0.2.1', port: 1 })
    socket.emit('close', false)
    await expect(attempt).rejects.toMatchObject({ code: 'CONNECTION_RESET', phase: 'tcp' })
  })

  it('a signal that fires destroys the socket', async () => {
    const socket = new Socket()
    const { signal, listeners } = watchedSignal()
    const attempt = start(socket, { host: 'example.org', port: 1, signal })
    for (const listener of listeners) listener()
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED', phase: 'dns' })
    expect(socket.destroyed).toBe(true)
    expect(listeners.size).toBe(0)
  })
})

const start = (
  socket: Socket,
  options: Parameters<typeof establish>[0],
  event: 'connect' | 'secureConnect' = 'connect',
): Promise<string> =>
  establish(
    options,
    event,
    () => socket,
    () => 'connected',
  )

const counts = (socket: Socket): readonly (readonly [string, number])[] =>
  socket.eventNames().map((name) => [String(name), socket.listenerCount(name)] as const)

const watchedSignal = () => {
  const listeners = new Set<() => void>()
  return {
    listeners,
    signal: {
      aborted: false,
      addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
    },
  }
}
