export { VirtualBroker, type VirtualBrokerOptions, VirtualClient } from './virtual-broker.ts'
