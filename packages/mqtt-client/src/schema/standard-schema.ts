/**
 * What zod, valibot, arktype and others have in common: Standard Schema, version 1 (standardschema.dev). Written down here by
 * structure, so that none of them, and no package with their interface, is needed.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): Validation<Output> | Promise<Validation<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

/** One thing that is wrong with a value. */
export interface Issue {
  readonly message: string
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema makes of a value: its transformations and defaults included. */
export type Output<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']
