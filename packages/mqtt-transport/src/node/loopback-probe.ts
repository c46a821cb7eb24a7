import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * Tries something on a connection to itself. `attempt` is called with both ends, the accepted one paused, and answers as soon as
 * it knows; an error of a socket, an exception and the end of the time are answered for it: no.
 */
export const probeOverLoopback = async (
  timeoutMs: number,
  attempt: (accepted: Socket, client: Socket, answer: (works: boolean) => void) => void,
): Promise<boolean> => {
  const sockets: Socket[] = []
  const server = createServer({ pauseOnConnect: true, noDelay: true })
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs, false)
      const answer = (works: boolean): void => {
        clearTimeout(timer)
        resolve(works)
      }
      const watch = (socket: Socket): Socket => {
        sockets.push(socket)
        return socket.on('error', () => answer(false))
      }
      server.on('error', () => answer(false))
      server.listen(0, '127.0.0.1', () => {
        const client = watch(connect((server.address() as AddressInfo).port, '127.0.0.1'))
        server.on('connection', (accepted) => {
          try {
            attempt(watch(accepted), client, answer)
          } catch {
            answer(false)
          }
        })
      })
    })
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

/** Long enough for a machine that is busy, short enough for somebody who waits for a listener. */
export const PROBE_TIMEOUT_MS = 1_000
