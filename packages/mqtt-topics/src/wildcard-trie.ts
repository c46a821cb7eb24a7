/** A level of filters with wildcards. Children and values are made when they are first needed. */
interface Node<Value> {
  children: Map<string, Node<Value>> | undefined
  plus: Node<Value> | undefined
  /** Values of filters that end here. */
  values: Value[] | undefined
  /** Values of filters that end here with `#`. */
  below: Value[] | undefined
}

const newNode = <Value>(): Node<Value> => ({
  children: undefined,
  plus: undefined,
  values: undefined,
  below: undefined,
})

/** Filters with wildcards, level by level. Nothing in it recurses: how deep a filter is, a peer decides. */
export class WildcardTrie<Value> {
  readonly #root = newNode<Value>()

  add(topicFilter: string, value: Value): boolean {
    let node = this.#root
    const levels = topicFilter.split('/')
    const below = levels.at(-1) === '#'
    if (below) levels.pop()
    for (const level of levels) {
      if (level === '+') node = node.plus ??= newNode()
      else {
        node.children ??= new Map()
        let child = node.children.get(level)
        if (child === undefined) node.children.set(level, (child = newNode()))
        node = child
      }
    }
    const values = below ? (node.below ??= []) : (node.values ??= [])
    if (values.includes(value)) return false
    values.push(value)
    return true
  }

  /** Also takes away the levels that nothing needs any more. */
  remove(topicFilter: string, value: Value): boolean {
    const levels = topicFilter.split('/')
    const below = levels.at(-1) === '#'
    if (below) levels.pop()
    const path: Node<Value>[] = [this.#root]
    for (const level of levels) {
      const node = path.at(-1)!
      const next = level === '+' ? node.plus : node.children?.get(level)
      if (next === undefined) return false
      path.push(next)
    }
    const last = path.at(-1)!
    const values = below ? last.below : last.values
    const place = values?.indexOf(value) ?? -1
    if (values === undefined || place === -1) return false
    values.splice(place, 1)
    if (values.length === 0) {
      if (below) last.below = undefined
      else last.values = undefined
    }
    for (let depth = levels.length; depth > 0 && isEmpty(path[depth]!); depth--) {
      const parent = path[depth - 1]!
      const level = levels[depth - 1]!
      if (level === '+') parent.plus = undefined
      else {
        parent.children!.delete(level)
        if (parent.children!.size === 0) parent.children = undefined
      }
    }
    return true
  }

  /** Appends the values of every filter that matches. */
  collect(topicName: string, into: Value[]): void {
    const levels = topicName.split('/')
    let nodes: Node<Value>[] = [this.#root]
    for (let level = 0; level < levels.length && nodes.length > 0; level++) {
      const next: Node<Value>[] = []
      // [MQTT-4.7.2-1] No wildcard in the first level matches a name that begins with $.
      const wildcards = level > 0 || !topicName.startsWith('$')
      for (const node of nodes) {
        if (wildcards && node.below !== undefined) into.push(...node.below)
        const child = node.children?.get(levels[level]!)
        if (child !== undefined) next.push(child)
        if (wildcards && node.plus !== undefined) next.push(node.plus)
      }
      nodes = next
    }
    for (const { values, below } of nodes) {
      if (values !== undefined) into.push(...values)
      // `a/#` matches `a` too.
      if (below !== undefined) into.push(...below)
    }
  }
}

const isEmpty = (node: Node<unknown>): boolean =>
  node.children === undefined && node.plus === undefined && node.values === undefined && node.below === undefined
