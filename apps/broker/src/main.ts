import { constants } from 'node:os'
import { pino } from 'pino'
import { EXIT_CODES, StartFailure } from './exit-codes.ts'
import { hasLoginFiles } from './login.ts'
import { parseOptions } from './options.ts'
import { start } from './run.ts'
import { hints, startLine } from './start-lines.ts'
import { keepYoungGenerationSmall } from './young-generation.ts'

const main = async (): Promise<void> => {
  keepYoungGenerationSmall()
  const settings = parseOptions(process.argv.slice(2))
  if (settings === undefined) return
  const logger = pino(
    { level: settings.logLevel, serializers: { error: pino.stdSerializers.err } },
    pino.destination({ dest: 2, sync: true }),
  )
  const { broker, urls, reload } = await start(settings, logger)
  const stop = (signal: 'SIGTERM' | 'SIGINT'): void => {
    logger.info({ signal }, 'ending')
    // The second one does not wait for anybody.
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
    broker.close().then(() => logger.info({}, 'ended in order'), crash)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Without files there is nothing to read again, and a terminal that is closed may end its broker.
  if (hasLoginFiles(settings.login)) process.on('SIGHUP', () => void reload().catch(crash))
  // Last, since whoever waits for this line may send a signal at once.
  console.log(startLine(urls, broker.durability, settings))
  if (process.stdout.isTTY) for (const hint of hints(urls, settings)) console.log(hint)
}

const crash = (error: unknown): void => {
  console.error(error)
  process.exit(EXIT_CODES.crash[0])
}

try {
  await main()
} catch (error) {
  if (!(error instanceof StartFailure)) crash(error)
  else {
    console.error(`godwit: ${error.message}`)
    process.exitCode = error.exitCode
  }
}
