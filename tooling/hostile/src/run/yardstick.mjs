// The least that a process can do with what it gets: send it back, or only read it.
import { createServer } from 'node:net'

const echo = listen((socket) => socket.pipe(socket))
const sink = listen((socket) => socket.on('data', () => {}))
process.send({ echoPort: await echo, sinkPort: await sink })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send((user + system) / 1000)
})
process.on('disconnect', () => process.exit())

function listen(take) {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    take(socket)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}
