export { InvalidMessageError } from './schema/invalid-message-error.ts'
export type { Issue, Output, StandardSchema } from './schema/standard-schema.ts'
export { subscribe, type SchemaOptions, type ValidMessage } from './schema/subscribe.ts'
export { validate } from './schema/validate.ts'
