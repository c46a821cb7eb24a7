export { deliveryCommands, receiveMaximum, runDelivery, type DeliveryFaults } from './commands.ts'
export { LossyPair, machines, type Side } from './lossy-pair.ts'
export { NaiveDelivery } from './naive-delivery.ts'
export { ActionPeer, NumericPeer, Peer } from './peer.ts'
export {
  DeliveryFault,
  type DeliveryFaultCode,
  type DeliveryMachines,
  type DeliveryObserver,
  type TestMessage,
  type WirePacket,
} from './wire.ts'
