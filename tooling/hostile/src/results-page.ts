import { ELSEWHERE } from './elsewhere.ts'
import { readCatalogue } from './run/catalogue.ts'
import { page } from './run/page.ts'
import { readSaved } from './run/results.ts'

export const PAGE = new URL('../../../packages/mqtt-broker/docs/hostile.md', import.meta.url)

/** Whose results are kept. */
export const BROKERS = ['godwit', 'mosquitto', 'aedes'] as const

/** What the page has to say. */
export const pageOfResults = (): string =>
  page(
    BROKERS.map(readSaved),
    readCatalogue(),
    ELSEWHERE.filter(({ part }) => !part).map(({ number }) => number),
  )
