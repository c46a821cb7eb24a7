export { CrashStore } from './crash-store.ts'
export { PowerLossStore, type PowerLossStoreOptions } from './power-loss-store.ts'
export { VirtualBroker, type VirtualBrokerOptions, VirtualClient } from './virtual-broker.ts'
export { storeCompliance, type StoreFactory } from './store-compliance.ts'
