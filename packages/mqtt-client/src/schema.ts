export { InvalidMessageError } from './schema/invalid-message-error.ts'
export type { Issue, Output, StandardSchema, Validation } from './schema/standard-schema.ts'
export { type SchemaOptions, subscribe, type ValidMessage, type ValidSubscription } from './schema/subscribe.ts'
export { validate } from './schema/validate.ts'
