/** The names in a level of a filter: `+id` is `id`, `#rest` is `rest`. */
type LevelParameter<Level extends string> = Level extends `+${infer Name}`
  ? Name extends ''
    ? never
    : Name
  : Level extends `#${infer Name}`
    ? Name extends ''
      ? never
      : Name
    : never

type ParameterNames<Filter extends string> = Filter extends `${infer Level}/${infer Rest}`
  ? LevelParameter<Level> | ParameterNames<Rest>
  : LevelParameter<Filter>

/** `TopicParameters<'site/+id/temp'>` is `{ id: string }`; of a filter known only as a string any name may be there. */
export type TopicParameters<Filter extends string> = string extends Filter
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParameterNames<Filter>]: string }

/** The filter that a filter with named parameters subscribes to: `site/+id/temp` is `site/+/temp`, `a/#rest` is `a/#`. */
export const wireFilter = (filter: string): string => filter.replaceAll(/(^|\/)([+#])[^/]*/g, '$1$2')

/** What the named parameters of a filter stand for in a Topic Name that it matches. */
export const parametersOf = <Filter extends string>(filter: Filter, topicName: string): TopicParameters<Filter> => {
  const levels = topicName.split('/')
  const parameters = Object.create(null) as Record<string, string>
  filter.split('/').forEach((level, place) => {
    const name = level.slice(1)
    if (name === '') return
    if (level.startsWith('+')) parameters[name] = levels[place] ?? ''
    if (level.startsWith('#')) parameters[name] = levels.slice(place).join('/')
  })
  return parameters as TopicParameters<Filter>
}
