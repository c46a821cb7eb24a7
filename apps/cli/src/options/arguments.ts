import type { Option } from 'commander'
import { usageError } from '../cli-error.ts'

/** Long options of other tools that mean one of ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  '--hostname': '--host',
  '--client-id': '--id',
  '--clientId': '--id',
  '--identifier': '--id',
  '--user': '--username',
  '--pw': '--password',
  '--will-message': '--will-payload',
  '--ca': '--cafile',
  '--stdin': '--stdin-file',
  '--no-clean': '--disable-clean-session',
  '--mqttVersion': '--protocol-version',
  '--mqtt-version': '--protocol-version',
  '--protocolVersion': '--protocol-version',
  '--keepAlive': '--keepalive',
  '--keep-alive': '--keepalive',
}

/** Between the words of one `-D`; an argument cannot contain it. */
export const PROPERTY_SEPARATOR = '\0'

/**
 * What the parser of options cannot express: synonyms, and `-D command property [name] value`, whose number of words depends on the
 * property. Walks as the parser will, so that a value is never taken for an option (`-m -D`).
 */
export function rewriteArguments(argv: readonly string[], options: readonly Option[]): string[] {
  const takesValue = new Set(options.flatMap((option) => (option.required ? [option.short, option.long] : [])))
  const rewritten: string[] = []
  for (let at = 0; at < argv.length;) {
    const argument = argv[at++] ?? ''
    if (argument === '--') return [...rewritten, argument, ...argv.slice(at)]
    if (argument.startsWith('--')) {
      const equals = argument.indexOf('=')
      const name = equals < 0 ? argument : argument.slice(0, equals)
      const canonical = SYNONYMS[name] ?? name
      if (canonical === '--property' && takesValue.has('--property')) {
        const words = equals < 0 ? [] : argument.slice(equals + 1).split(' ')
        at = takeProperty(rewritten, canonical, words, argv, at)
        continue
      }
      rewritten.push(equals < 0 ? canonical : canonical + argument.slice(equals))
      if (equals < 0 && takesValue.has(canonical) && at < argv.length) rewritten.push(argv[at++] ?? '')
      continue
    }
    rewritten.push(argument)
    if (!argument.startsWith('-') || argument === '-') continue
    const valueAt = [...argument.slice(1)].findIndex((letter) => takesValue.has(`-${letter}`))
    if (valueAt < 0) continue
    // The letter's value is the rest of the word, or the next word.
    const isLast = valueAt === argument.length - 2
    if (argument[valueAt + 1] === 'D') {
      rewritten.pop()
      if (valueAt > 0) rewritten.push(argument.slice(0, valueAt + 1))
      at = takeProperty(rewritten, '-D', isLast ? [] : [argument.slice(valueAt + 2)], argv, at)
    } else if (isLast && at < argv.length) rewritten.push(argv[at++] ?? '')
  }
  return rewritten
}

function takeProperty(target: string[], flag: string, given: string[], argv: readonly string[], start: number): number {
  const words = [...given]
  let at = start
  const wanted = (): number => (words[1] === 'user-property' ? 4 : 3)
  while (words.length < wanted()) {
    const word = argv[at++]
    if (word === undefined) {
      throw usageError(
        `${flag} takes a packet, a property and its value; here it ends after '${[flag, ...words].join(' ')}'`,
        'for example: -D publish content-type text/plain, or -D publish user-property NAME VALUE',
      )
    }
    words.push(word)
  }
  target.push(flag, words.join(PROPERTY_SEPARATOR))
  return at
}
