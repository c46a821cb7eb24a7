import { Command } from 'commander'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addPubOptions } from '../commands/pub.ts'
import { CliError } from '../cli-error.ts'
import { PROPERTY_SEPARATOR, rewriteArguments } from './arguments.ts'

const { options } = addPubOptions(new Command())
const rewrite = (...argv: string[]): string[] => rewriteArguments(argv, options)
const property = (...words: string[]): string => words.join(PROPERTY_SEPARATOR)

describe('rewriteArguments', () => {
  it.each([
    [
      ['--hostname', 'h'],
      ['--host', 'h'],
    ],
    [['--hostname=h'], ['--host=h']],
    [
      ['--client-id', 'c'],
      ['--id', 'c'],
    ],
    [['--clientId=c'], ['--id=c']],
    [
      ['--pw', 'p'],
      ['--password', 'p'],
    ],
    [
      ['--will-message', 'm'],
      ['--will-payload', 'm'],
    ],
    [
      ['--ca', 'f'],
      ['--cafile', 'f'],
    ],
    [['--stdin'], ['--stdin-file']],
    [['--no-clean'], ['--disable-clean-session']],
    [
      ['--mqttVersion', '5'],
      ['--protocol-version', '5'],
    ],
    [['--qos=1'], ['--qos=1']],
  ])('%j becomes %j', (given, expected) => {
    expect(rewrite(...given)).toEqual(expected)
  })

  it.each([
    [
      'three words',
      ['-D', 'publish', 'content-type', 'text/plain', '-r'],
      ['-D', property('publish', 'content-type', 'text/plain'), '-r'],
    ],
    [
      'four for a user property',
      ['-D', 'publish', 'user-property', 'k', 'v', 'x'],
      ['-D', property('publish', 'user-property', 'k', 'v'), 'x'],
    ],
    [
      'a value like an option',
      ['--property', 'publish', 'user-property', '-t', '-m'],
      ['--property', property('publish', 'user-property', '-t', '-m')],
    ],
    [
      'at the end of a cluster',
      ['-rD', 'publish', 'content-type', 'a'],
      ['-r', '-D', property('publish', 'content-type', 'a')],
    ],
    ['the first word attached', ['-Dpublish', 'content-type', 'a'], ['-D', property('publish', 'content-type', 'a')]],
    [
      'with an equals sign',
      ['--property=publish content-type a'],
      ['--property', property('publish', 'content-type', 'a')],
    ],
  ])('-D takes %s', (_, given, expected) => {
    expect(rewrite(...given)).toEqual(expected)
  })

  it('a value is never taken for an option', () => {
    expect(rewrite('-m', '-D', '--topic', '--hostname')).toEqual(['-m', '-D', '--topic', '--hostname'])
    expect(rewrite('-rm', '-D', 'x')).toEqual(['-rm', '-D', 'x'])
    expect(rewrite('-mD', 'x')).toEqual(['-mD', 'x'])
  })

  it('leaves everything behind -- alone', () => {
    expect(rewrite('--', '-D', '--hostname')).toEqual(['--', '-D', '--hostname'])
  })

  it('says what a -D that ends too early lacks', () => {
    expect(() => rewrite('-D', 'publish', 'content-type')).toThrow(/here it ends after '-D publish content-type'/)
    expect(() => rewrite('-D', 'publish', 'user-property', 'k')).toThrow(CliError)
  })

  it('keeps the words of a command line without synonyms and -D as they are', () => {
    const word = fc.string().filter((text) => !text.startsWith('-'))
    const option = fc
      .constantFrom('-t', '-m', '--topic', '--message', '-i')
      .chain((flag) => word.map((value) => [flag, value]))
    fc.assert(
      fc.property(fc.array(option), (pairs) => {
        expect(rewrite(...pairs.flat())).toEqual(pairs.flat())
      }),
    )
  })
})
