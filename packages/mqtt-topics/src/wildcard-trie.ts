import { append, type Held, holds, withoutValue, withValue } from './several.ts'
import { WideMap } from './wide-map.ts'

/** A level of filters with wildcards. Children and values are made when they are first needed. */
interface Node<Value> {
  children: WideMap<Node<Value>> | undefined
  plus: Node<Value> | undefined
  /** Values of filters that end here. */
  values: Held<Value> | undefined
  /** Values of filters that end here with `#`. */
  below: Held<Value> | undefined
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
  /** The levels that a look-up has come to, and those that it comes to next: made once, since each look-up needs two. */
  readonly #nodes: Node<Value>[] = []
  readonly #next: Node<Value>[] = []

  add(topicFilter: string, value: Value): boolean {
    let node = this.#root
    const levels = topicFilter.split('/')
    const below = levels.at(-1) === '#'
    if (below) levels.pop()
    for (const level of levels) {
      if (level === '+') node = node.plus ??= newNode()
      else {
        node.children ??= new WideMap()
        let child = node.children.get(level)
        if (child === undefined) node.children.add(level, (child = newNode()))
        node = child
      }
    }
    const values = below ? node.below : node.values
    if (holds(values, value)) return false
    if (below) node.below = withValue(values, value)
    else node.values = withValue(values, value)
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
    if (values === undefined || !holds(values, value)) return false
    if (below) last.below = withoutValue(values, value)
    else last.values = withoutValue(values, value)
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
    let nodes = this.#nodes
    let next = this.#next
    let count = 1
    nodes[0] = this.#root
    // [MQTT-4.7.2-1] No wildcard in the first level matches a name that begins with $.
    let wildcards = topicName.charCodeAt(0) !== DOLLAR
    for (let start = 0; start <= topicName.length && count > 0;) {
      const separator = topicName.indexOf('/', start)
      const end = separator === -1 ? topicName.length : separator
      let level: string | undefined
      let found = 0
      for (let place = 0; place < count; place++) {
        const node = nodes[place]!
        if (wildcards) {
          append(node.below, into)
          if (node.plus !== undefined) next[found++] = node.plus
        }
        if (node.children === undefined) continue
        level ??= topicName.slice(start, end)
        const child = node.children.get(level)
        if (child !== undefined) next[found++] = child
      }
      const swapped = nodes
      nodes = next
      next = swapped
      count = found
      wildcards = true
      start = end + 1
    }
    for (let place = 0; place < count; place++) {
      const node = nodes[place]!
      append(node.values, into)
      // `a/#` matches `a` too.
      append(node.below, into)
    }
  }
}

const DOLLAR = 0x24

const isEmpty = (node: Node<unknown>): boolean =>
  node.children === undefined && node.plus === undefined && node.values === undefined && node.below === undefined
