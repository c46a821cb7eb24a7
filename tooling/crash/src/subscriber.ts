import { CrashClient, type CrashClientOptions } from './crash-client.ts'

/** Receives, and remembers what came of each topic in which order. */
export class Subscriber {
  readonly name: string
  readonly client: CrashClient
  readonly qos: 1 | 2
  readonly numbers = new Map<string, number[]>()
  /** Everything that was no number. */
  readonly others: { readonly topicName: string; readonly payload: string; readonly retain: boolean }[] = []
  /** Called whenever something has come. */
  onProgress: () => void = () => {}

  constructor(name: string, options: { version: CrashClientOptions['version']; durable: boolean; qos: 1 | 2 }) {
    this.name = name
    this.qos = options.qos
    this.client = new CrashClient({
      clientId: name,
      version: options.version,
      durable: options.durable,
      onMessage: (topicName, payload, retain) => {
        if (topicName.startsWith('count/')) this.of(topicName).push(Number.parseInt(payload, 10))
        else this.others.push({ topicName, payload, retain })
        this.onProgress()
      },
    })
  }

  of(topicName: string): number[] {
    let numbers = this.numbers.get(topicName)
    if (numbers === undefined) this.numbers.set(topicName, (numbers = []))
    return numbers
  }

  /** How often a payload came on a topic. */
  times(topicName: string, payload: string): number {
    return this.others.filter((each) => each.topicName === topicName && each.payload === payload).length
  }

  forget(): void {
    this.numbers.clear()
    this.others.length = 0
  }
}
