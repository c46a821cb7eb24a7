export { byteStreamCompliance, type ComplianceTraits, type StreamPair } from './byte-stream-compliance.ts'
export { listenerCompliance, type ListenerFactory } from './listener-compliance.ts'
export { Recorder } from './recorder.ts'
export { testCertificates } from './test-certificates.ts'
