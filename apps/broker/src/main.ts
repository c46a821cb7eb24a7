import { pino } from 'pino'
import { EXIT, StartFailure } from './exit-codes.ts'
import { parseOptions } from './options.ts'
import { start } from './run.ts'

const main = async (): Promise<void> => {
  const settings = parseOptions(process.argv.slice(2))
  if (settings === undefined) return
  const logger = pino({ level: settings.logLevel }, pino.destination({ dest: 2, sync: true }))
  const { broker, urls } = await start(settings, logger)
  const [first = ''] = urls
  const port = new URL(first).port
  console.log(
    `godwit listens at ${urls.join(', ')}; Sessions and messages live in memory (durability: ${broker.durability}).`,
  )
  console.log(
    `Try it: mosquitto_sub -p ${port} -t hello -v, and in another terminal mosquitto_pub -p ${port} -t hello -m hi`,
  )
  const stop = (signal: NodeJS.Signals): void => {
    // The second one does not wait for anybody.
    process.once(signal, () => process.exit(EXIT.ok))
    void broker.close()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

try {
  await main()
} catch (error) {
  if (error instanceof StartFailure) {
    console.error(`godwit: ${error.message}`)
    process.exitCode = error.exitCode
  } else {
    console.error(error)
    process.exitCode = EXIT.crash
  }
}
