import { library } from '@godwit/tsup-preset'

export default library({
  index: 'src/index.ts',
  memory: 'src/memory.ts',
  tcp: 'src/tcp.ts',
  tls: 'src/tls.ts',
  ws: 'src/ws.ts',
  web: 'src/web-socket.ts',
  testing: 'src/testing/index.ts',
})
