import type { AddressInfo, Server } from 'node:net'
import type { Listener } from './listener.ts'
import { transportError } from './node-errors.ts'

/** Starts a server and gives it back as a Listener, once it really listens. */
export const startListening = async (
  server: Server,
  scheme: string,
  host: string,
  port: number,
  path = '',
): Promise<Listener> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(transportError(error, 'tcp', `cannot listen on ${host}:${port}`)))
    server.listen({ host, port, backlog: 4096 }, resolve)
  })
  // Out of descriptors, say: those that are connected go on, and accepting goes on when it can.
  server.removeAllListeners('error').on('error', () => {})
  const actual = (server.address() as AddressInfo).port
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `${scheme}://${shown}:${actual}${path}`,
    port: actual,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())).finally(() => undefined),
  }
}
