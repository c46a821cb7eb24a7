import { parseArgs } from 'node:util'

/**
 * `parseArgs` for a tool: what is wrong in its arguments is a line, with what there is instead, and exit code 2.
 *
 * @template {import('node:util').ParseArgsConfig} Config
 * @param {Config} config
 * @returns {ReturnType<typeof parseArgs<Config>>}
 */
export function commandLine(config) {
  try {
    return parseArgs(config)
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error
    const names = Object.keys(config.options ?? {}).map((name) => `--${name}`)
    return wrong(`${error.message}\nThere are ${names.join(', ')}.`)
  }
}

/**
 * The number that an option was given as.
 *
 * @param {string} name
 * @param {string} text
 * @param {number} [least]
 */
export function wholeNumber(name, text, least = 1) {
  const value = Number(text)
  return Number.isInteger(value) && value >= least
    ? value
    : wrong(`--${name} wants a whole number from ${least} on, not ${JSON.stringify(text)}`)
}

/**
 * What an option lists, separated by commas; each must be known.
 *
 * @param {string} name
 * @param {string} text
 * @param {readonly string[]} known
 */
export function listed(name, text, known) {
  const found = text.split(',')
  const unknown = found.filter((each) => !known.includes(each))
  return unknown.length === 0
    ? found
    : wrong(`--${name}: there is no ${unknown.join(', ')}; there are ${known.join(', ')}`)
}

/** @param {string} text */
function wrong(text) {
  console.error(text)
  process.exit(2)
}
