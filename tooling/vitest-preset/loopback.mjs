import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A port of the loopback interface that is free now, for a program that cannot choose one by itself. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Whether somebody accepts connections there.
 *
 * @param {number} port
 */
export function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
