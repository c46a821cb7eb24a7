import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Receiver } from '../receiver.ts'
import { Sender, type SenderResend } from '../sender.ts'
import { ReceiverOutcome, type ReceiverOutcomeNumber } from '../transitions.ts'
import {
  deliveryCommands,
  LossyPair,
  machines,
  receiveMaximum,
  runDelivery,
  type DeliveryMachines,
  type TestMessage,
} from './index.ts'

const maximums = fc.tuple(receiveMaximum, receiveMaximum)

describe('two peers over a link that breaks and comes back at any moment', () => {
  it('I4 I6 I7 I8 I10 I11 no message lost, no QoS 2 repeated, no identifier reused, no quota exceeded or leaked, order kept', () => {
    fc.assert(
      fc.property(deliveryCommands({ loss: false }), maximums, maximums, (commands, own, final) =>
        runDelivery(commands, own, final),
      ),
      { numRuns: 3000 },
    )
  })

  it('I4 I6 I7 I8 I11 the same where single packets vanish as well', () => {
    fc.assert(
      fc.property(deliveryCommands(), maximums, maximums, (commands, own, final) => runDelivery(commands, own, final)),
      { numRuns: 3000 },
    )
  })

  it('I10 first deliveries keep the order of publishing through a cut at every point', () => {
    for (let delivered = 0; delivered <= 6; delivered += 1) {
      for (let acknowledged = 0; acknowledged <= delivered; acknowledged += 1) {
        const pair = new LossyPair([6, 6])
        pair.connect([3, 3])
        for (const qos of [1, 2, 2, 1, 1, 2] as const) pair.publish(0, qos)
        pair.deliver(0, delivered)
        pair.deliver(1, acknowledged)
        pair.drain([2, 2])
      }
    }
  })
})

/** What the commands find within the given number of runs. */
function faultOf(by: Partial<DeliveryMachines>, numRuns = 400): string {
  const broken = { ...machines, ...by }
  const details = fc.check(
    fc.property(deliveryCommands({ loss: false }), maximums, maximums, (commands, own, final) =>
      runDelivery(commands, own, final, broken),
    ),
    { numRuns, seed: 7, endOnFailure: true },
  )
  return String(details.errorInstance).split(': ').slice(0, 2).join(': ')
}

/** Whole machines whose methods are then replaced: their restored state stays right. */
function senderOf(Broken: { readonly prototype: Sender<TestMessage> }): Partial<DeliveryMachines> {
  return { sender: (maximum, snapshot) => become(machines.sender(maximum, snapshot), Broken.prototype) }
}

function receiverOf(Broken: { readonly prototype: Receiver }): Partial<DeliveryMachines> {
  return { receiver: (maximum, snapshot) => become(machines.receiver(maximum, snapshot), Broken.prototype) }
}

function become<Machine extends object>(machine: Machine, prototype: Machine): Machine {
  Object.setPrototypeOf(machine, prototype)
  return machine
}

describe('the commands find what a broken machine does', () => {
  it('and nothing where it is whole', () => {
    expect(faultOf({ ...senderOf(Sender), ...receiverOf(Receiver) })).toBe('null')
  })

  it('a Receiver that forgets with the connection repeats QoS 2', () => {
    class Forgetful extends Receiver {
      override resume(maximum: number): void {
        this.clear()
        super.resume(maximum)
      }
    }
    expect(faultOf(receiverOf(Forgetful))).toBe('DeliveryFault: MESSAGE_REPEATED')
  })

  it('a Receiver that takes a new message for a repeat loses it', () => {
    class Suspicious extends Receiver {
      override onPublish(qos: 1 | 2, packetId: number): ReceiverOutcomeNumber {
        const outcome = super.onPublish(qos, packetId)
        return qos === 2 && packetId % 5 === 0 ? ReceiverOutcome.repeat : outcome
      }
    }
    expect(faultOf(receiverOf(Suspicious))).toMatch(/MESSAGE_LOST|ORDER_BROKEN/)
  })

  it('a Sender that resends nothing loses messages', () => {
    class Lazy extends Sender<TestMessage> {
      override resume(maximum: number): void {
        this.clear()
        super.resume(maximum)
      }
    }
    expect(faultOf(senderOf(Lazy))).toMatch(/MESSAGE_LOST|ORDER_BROKEN/)
  })

  it('a Sender that never sets DUP', () => {
    class Unmarked extends Sender<TestMessage> {
      override resends(maximum?: number): SenderResend<TestMessage>[] {
        return super.resends(maximum).map((resend) => (resend.type === 'publish' ? { ...resend, dup: false } : resend))
      }
    }
    expect(faultOf(senderOf(Unmarked))).toBe('DeliveryFault: DUP_WRONG')
  })

  it('a Sender that ignores the Receive Maximum of a new connection', () => {
    class Greedy extends Sender<TestMessage> {
      override resume(_maximum: number): void {
        super.resume(65_535)
      }
    }
    expect(faultOf(senderOf(Greedy))).toMatch(/QUOTA_EXCEEDED|QUOTA_LEAKED/)
  })

  it('a Sender that gives up a message when it resumes', () => {
    class Wasteful extends Sender<TestMessage> {
      override resume(maximum: number): void {
        const first = this.messages()[0]
        super.resume(maximum)
        if (first !== undefined && this.owed > 1) this.abandon(this.inFlight()[0]?.packetId ?? 0)
      }
    }
    expect(faultOf(senderOf(Wasteful))).toMatch(/MESSAGE_LOST|ORDER_BROKEN|PROTOCOL_VIOLATED|SESSION_LEFT_OVER/)
  })

  it('a Sender that resends in another order', () => {
    class Backward extends Sender<TestMessage> {
      override resends(_maximum?: number): SenderResend<TestMessage>[] {
        return super.resends().reverse()
      }
    }
    expect(faultOf(senderOf(Backward))).toBe('DeliveryFault: ORDER_BROKEN')
  })
})
