import fc from 'fast-check'
import { LossyPair, type Side } from './lossy-pair.ts'
import type { DeliveryMachines } from './wire.ts'

/** What the commands themselves need to know: commands that cannot do anything are skipped. */
interface LinkModel {
  connected: boolean
}
type DeliveryCommand = fc.Command<LinkModel, LossyPair>

/** Which faults a run may contain. */
export interface DeliveryFaults {
  /** Packets vanish while the connection lives on; TCP never does this, so order is not checked after one. Default: true */
  readonly loss?: boolean
}

/** Lists of commands for two peers over a lossy link, to be run by `runDelivery`. */
export function deliveryCommands({ loss = true }: DeliveryFaults = {}): fc.Arbitrary<Iterable<DeliveryCommand>> {
  const side = fc.constantFrom<Side>(0, 1)
  const maximums = fc.tuple(receiveMaximum, receiveMaximum)
  const publish = fc
    .record({
      from: side,
      qos: fc.constantFrom<1 | 2>(1, 2),
      refused: fc.integer({ min: 0, max: 5 }).map((value) => value === 5),
    })
    .map(({ from, qos, refused }) =>
      command(
        `publish(${from}, ${qos}, ${refused})`,
        () => true,
        (pair) => void pair.publish(from, qos, refused),
      ),
    )
  const deliver = fc.record({ from: side, count: fc.integer({ min: 1, max: 4 }) }).map(({ from, count }) =>
    command(
      `deliver(${from}, ${count})`,
      ({ connected }) => connected,
      (pair) => pair.deliver(from, count),
    ),
  )
  const lose = side.map((from) =>
    command(
      `lose(${from})`,
      ({ connected }) => connected,
      (pair) => pair.lose(from),
    ),
  )
  const cut = fc.constant(
    command(
      'cut()',
      ({ connected }) => connected,
      (pair) => pair.cut(),
    ),
  )
  const crash = side.map((which) =>
    command(
      `crash(${which})`,
      () => true,
      (pair) => pair.crash(which),
    ),
  )
  const connect = maximums.map((announced) =>
    command(
      `connect([${announced.join()}])`,
      () => true,
      (pair) => pair.connect(announced),
    ),
  )
  // The link is up most of the time, and more is delivered than breaks: else no exchange comes to its end.
  const usual = [publish, publish, deliver, deliver, deliver, deliver, connect]
  return fc.commands([...usual, cut, crash, ...(loss ? [lose] : [])], { size: '+1', maxCommands: 120 })
}

/** A Receive Maximum: small ones, so that windows fill and resends go in slices. */
export const receiveMaximum: fc.Arbitrary<number> = fc.integer({ min: 1, max: 6 })

/**
 * Runs a list of commands from two fresh peers, then connects once more and delivers until nothing is under way. Throws a `DeliveryFault` where a
 * QoS 1 message is lost, a QoS 2 message is lost or repeated, an identifier is used twice, a Receive Maximum exceeded, quota leaked, or order broken.
 */
export function runDelivery(
  commands: Iterable<DeliveryCommand>,
  ownMaximums: readonly [number, number],
  finalMaximums: readonly [number, number],
  by?: DeliveryMachines,
): void {
  const pair = new LossyPair(ownMaximums, by)
  fc.modelRun(() => ({ model: { connected: false }, real: pair }), commands)
  pair.drain(finalMaximums)
}

function command(
  text: string,
  check: (model: Readonly<LinkModel>) => boolean,
  run: (pair: LossyPair) => void,
): DeliveryCommand {
  return {
    check,
    run: (model, pair) => {
      run(pair)
      model.connected = pair.connected
    },
    toString: () => text,
  }
}
