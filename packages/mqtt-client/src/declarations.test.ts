import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, expect, it } from 'vitest'

const CONSUMER = `
import { connect, createClient, MqttError, type Client, type Message, type Subscription } from './index.ts'
import { request } from './request.ts'

declare const signal: { readonly aborted: boolean; addEventListener(t: 'abort', l: () => void): void; removeEventListener(t: 'abort', l: () => void): void }

export async function use(): Promise<string> {
  await using client: Client = await connect({ href: 'mqtt://x' }, { signal, timeoutMs: 1 })
  const subscription = await client.subscribe(['site/+id/temp', 'log/#rest'])
  for await (const message of subscription) {
    const { id, rest }: { readonly id: string; readonly rest: string } = message.parameters
    return id + rest
  }
  const handled: Subscription<'a/+b'> = await client.subscribe('a/+b', (message: Message<'a/+b'>) => message.parameters.b)
  const lazy = createClient(async () => 'mqtt://x', { reconnect: false })
  lazy.on('offline', (error) => error.reasonCode)
  const unknown: unknown = handled
  if (MqttError.isInstance(unknown)) return unknown.code
  return (await request(client, 'a', new Uint8Array())).text()
}
`

const WRONG = `
import { connect } from './index.ts'

export async function misuse(): Promise<void> {
  const client = await connect('mqtt://x')
  await client.subscribe('a/+b', (message) => message.parameters.c)
  await client.publish('a', 42)
}
`

const base: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  customConditions: ['godwit-source'],
  verbatimModuleSyntax: true,
}
const ENTRIES = [
  './index.ts',
  './index.browser.ts',
  './request.ts',
  './aliases.ts',
  './authentication.ts',
  './failover.ts',
  './store.ts',
  './core/index.ts',
]
const declarations = new Map<string, string>()

/** Emits the declarations of the package and its siblings, once: it takes most of the time. */
beforeAll(() => {
  const roots = ENTRIES.map((file) => fileURLToPath(new URL(file, import.meta.url)))
  const emitter = ts.createProgram(roots, { ...base, types: ['node'], declaration: true, emitDeclarationOnly: true })
  emitter.emit(undefined, (file, text) => declarations.set(file.replace(/\.d\.ts$/, '.ts'), text))
}, 300_000)

/** What the compiler says of a user's file, without Node's types. */
function compile(code: string): string[] {
  const consumer = fileURLToPath(new URL('./consumer.ts', import.meta.url))
  const options: ts.CompilerOptions = { ...base, types: [], noEmit: true, skipLibCheck: false }
  const host = ts.createCompilerHost(options)
  const readFile = host.readFile.bind(host)
  const getSourceFile = host.getSourceFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  host.fileExists = (file) => file === consumer || fileExists(file)
  host.readFile = (file) => declarations.get(file) ?? readFile(file)
  host.getSourceFile = (file, target, ...rest) => {
    const text = file === consumer ? code : declarations.get(file)
    if (text === undefined) return getSourceFile(file, target, ...rest)
    // What is declared needs no body: an ambient file of the same name.
    return ts.createSourceFile(file, text, target)
  }
  const program = ts.createProgram([consumer], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.replace(/^.*packages/, '') ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
    .filter((problem) => !/Top-level declarations in \.d\.ts files/.test(problem))
}

it('the public declarations need neither Node nor DOM types: lib ES2023 and esnext.disposable alone', () => {
  expect(compile(CONSUMER)).toEqual([])
}, 300_000)

it('they refuse a parameter that the filter has not, and a payload that is neither text nor bytes', () => {
  const problems = compile(WRONG)
  expect(problems).toHaveLength(2)
  expect(problems[0]).toContain("Property 'c' does not exist")
  expect(problems[1]).toContain("'number' is not assignable")
}, 300_000)
