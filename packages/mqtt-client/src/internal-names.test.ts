import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { INTERNAL_NAMES } from '../internal-names.ts'

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url))

/** Whatever a user, another entry of this package, or the maker of a packet or a stream may write or read. */
const SEEN_BY_OTHERS = [
  /^mqtt-client\/src\/(api|ports|schema|stores|store-\w+)\//,
  /^mqtt-client\/src\/(errors|request|aliases|authentication|failover|schema|store)\.ts$/,
  /^mqtt-codec\/src\/(packets\/|(packet|packet-type|properties)\.ts$)/,
  /^mqtt-transport\/src\/byte-stream\.ts$/,
]
const OURS = [/^mqtt-client\/src\/(core|shell)\//, /^mqtt-(codec|qos)\/src\//]

/** Every word of the code, comments left out. */
const wordsIn = (places: readonly RegExp[]): ReadonlySet<string> => {
  const files = ['mqtt-client', 'mqtt-codec', 'mqtt-qos', 'mqtt-transport'].flatMap((folder) =>
    readdirSync(`${PACKAGES}${folder}/src`, { encoding: 'utf8', recursive: true }).map(
      (file) => `${folder}/src/${file}`,
    ),
  )
  const code = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && places.some((place) => place.test(file)))
    .map((file) => readFileSync(`${PACKAGES}${file}`, 'utf8').replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ''))
  return new Set(code.join('\n').match(/[A-Za-z]\w*/g))
}

it('what the build for pages shortens is seen by nobody else', () => {
  const words = wordsIn(SEEN_BY_OTHERS)
  expect([...words]).toEqual(
    expect.arrayContaining(['sessionExpiryIntervalSeconds', 'bufferedBytes', 'isCommitted', 'mayAlias']),
  )
  expect(INTERNAL_NAMES.filter((name) => words.has(name))).toEqual([])
})

it('each of them is there', () => {
  const words = wordsIn(OURS)
  expect(INTERNAL_NAMES.filter((name) => !words.has(name))).toEqual([])
})
