import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { FakeTerminal } from './testing/fake-terminal.ts'

async function mqtt(...argv: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const terminal = new FakeTerminal()
  const exitCode = await run(argv, terminal)
  expect(terminal.leftovers).toBe(0)
  return { exitCode, out: terminal.stdout.text, err: terminal.stderr.text }
}

describe('the command line', () => {
  it.each([['--version'], ['version']])(
    'mqtt %s names Godwit: npm has another package mqtt with the same command',
    async (argument) => {
      expect(await mqtt(argument)).toEqual({
        exitCode: 0,
        out: expect.stringMatching(/^mqtt \(Godwit\) \d+\.\d+\.\d+\n$/),
        err: '',
      })
    },
  )

  it.each([[['--help']], [['help']]])(
    'mqtt %j lists commands, environment and exit codes, and succeeds',
    async (argv) => {
      const { exitCode, out, err } = await mqtt(...argv)
      expect([exitCode, err]).toEqual([0, ''])
      for (const text of ['sub', 'pub', 'decode', 'MQTT_URL', 'MQTT_PASSWORD', 'NO_COLOR', '128-162', 'SIGINT'])
        expect(out).toContain(text)
    },
  )

  it.each(['sub', 'pub', 'decode', 'subscribe', 'publish'])(
    'mqtt %s --help has examples and exit codes',
    async (command) => {
      const { exitCode, out } = await mqtt(command, '--help')
      expect(exitCode).toBe(0)
      expect(out).toContain('Examples:')
      expect(out).toContain('Exit codes:')
    },
  )

  it('no command at all prints the help on standard error', async () => {
    const { exitCode, out, err } = await mqtt()
    expect([exitCode, out]).toEqual([2, ''])
    expect(err).toContain('Usage: mqtt')
  })
})

describe('exit code 2: one line says what is wrong, and nothing is sent', () => {
  it.each<[string[], RegExp]>([
    [['sbu'], /unknown command 'sbu'\n.*Did you mean sub\?/],
    [['sub', '--tpoic', 'a'], /unknown option '--tpoic'\n.*Did you mean --topic\?/],
    [['sub'], /there is no topic\n.*mqtt sub -t/],
    [['pub', '-m', 'x'], /there is no topic/],
    [['pub', '-t', 'a'], /there is no message\n.*-m TEXT/],
    [['pub', '-t', 'a', '-t', 'b', '-m', 'x'], /a message goes to one topic, not to 2 \(a b\)/],
    [['pub', 'a', 'b', 'c'], /too many arguments/],
    [['pub', '-t', 'a/#', '-m', 'x'], /'a\/#' is no topic/],
    [['pub', '-t', 'a', '-m', 'x', 'hello'], /-m and 'hello' exclude each other/],
    [['pub', '-t', 'a', 'b', 'c'], /what is 'c'\?/],
    [['sub', '-t', 'a/+b'], /'a\/\+b' is no topic filter/],
    [['sub', '-t', 'a', '-q', '3'], /-q takes 0, 1 or 2/],
    [['sub', '-t', 'a', '-h', ''], /the host is empty/],
    [['sub', '-t', 'a', '-p', '0'], /-p takes a port/],
    [['sub', '-t', 'a', '-V', '7'], /-V takes 31, 311 or 5/],
    [['sub', '-t', 'a', '-k', '-1'], /-k takes seconds from 0/],
    [['sub', '-t', 'a', '-W', '0'], /-W takes seconds/],
    [['sub', '-t', 'a', '-F', '%z'], /-F has no field '%z'/],
    [['sub', '-t', 'a', '-F', '%t', '--json'], /exclude each other/],
    [['sub', '-t', 'a', '-R', '--retained-only'], /exclude each other/],
    [['sub', '-t', 'a', '-c'], /-c keeps a Session.*\n.*add -i/],
    [['sub', '-t', 'a', '-x', '9', '-V', '311'], /-x needs MQTT 5.0/],
    [['pub', '-t', 'a', '-n', '-V', '31', '-D', 'publish', 'content-type', 'x'], /-D needs MQTT 5.0/],
    [['pub', '-t', 'a', '-n', '-D', 'publish', 'content-type'], /it ends after '-D publish content-type'/],
    [['sub', '-t', 'a', '-D', 'publish', 'content-type', 'x'], /'publish' is no packet of this command/],
    [['sub', '-t', 'a', '--will-payload', 'x'], /a Will needs a topic/],
    [['sub', '-t', 'a', '--will-topic', '#'], /--will-topic: '#' is no topic/],
    [['sub', '-t', 'a', '--cafile', '/nonexistent'], /--cafile: '\/nonexistent' does not exist/],
    [['sub', '-t', 'a', '--cert', '/nonexistent'], /--cert needs --key/],
    [['sub', '-t', 'a', '-P', 'x', '--password-file', 'y'], /exclude each other/],
    [['sub', '-t', 'a', '-i', 'x', '-I', 'y'], /exclude each other/],
    [['sub', '-t', 'a', '-L', 'mqtt://h', '-p', '1'], /-L names the host/],
    [['sub', '-t', 'a', '--retain-handling', 'x'], /always, new or never/],
    [['sub', '-t'], /option '-t, --topic <filter>' argument missing/],
    [['sub', '-t', 'a', '-C', '0'], /-C takes a number of messages/],
  ])('mqtt %j', async (argv, expected) => {
    const { exitCode, out, err } = await mqtt(...argv)
    expect([exitCode, out]).toEqual([2, ''])
    expect(err).toMatch(expected)
    expect(err).toMatch(/^mqtt: .*\n( {6}.*\n)?$/)
  })

  it.each<[string[], RegExp]>([
    [['sub', '-t', 'a', '-C', 'mqtts'], /-C is Mosquitto's here: end after so many messages .*--protocol mqtts/],
    [['pub', '-t', 'a', '-l', 'mqtts'], /-l is Mosquitto's here: one message for each line/],
    [['pub', '-t', 'a', '-M', 'x y'], /-M is Mosquitto's here: messages in flight/],
    [['sub', '-t', 'a', '-T', '-v'], /-T is Mosquitto's here: .*-v/],
    [['sub', '-t', 'a', '-T'], /-T is Mosquitto's here/],
    [['pub', '-t', 'a', '-f', 'base64'], /-f is Mosquitto's here/],
    [['sub', '-t', 'a', '-i', 'x', '-c', 'true'], /-c is Mosquitto's here/],
    [['sub', '-t', 'a', '-l', 'mqtts'], /-l is Mosquitto's here/],
    [['pub', '-t', 'a', '-e', '60'], /-D publish message-expiry-interval/],
    [['sub', '-t', 'a', '-J'], /--json/],
    [['sub', '-t', 'a', '-H'], /--help/],
    [['sub', '-t', 'a', '-ws'], /-L ws:/],
  ])('mqtt %j gets a hint about the other dialect', async (argv, hint) => {
    const { exitCode, err } = await mqtt(...argv)
    expect(exitCode).toBe(2)
    expect(err).toMatch(hint)
  })
})
