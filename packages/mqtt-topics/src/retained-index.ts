import { isTopicRefusal } from './refusals.ts'
import { parseTopicName } from './topic-name.ts'
import { WideMap } from './wide-map.ts'

interface Node<Value> {
  /** The whole Topic Name, where something is kept here. */
  topicName: string | undefined
  value: Value | undefined
  children: WideMap<Node<Value>> | undefined
}

/** A walk over the topics that a filter matches, a few at a time. */
export interface RetainedCursor<Value> {
  /**
   * Visits at most so many topics, and looks at no more than sixteen times as many places: true where more may follow.
   * What is set or deleted between two calls is seen or not, what stays is visited exactly once, with its value of then.
   */
  take(maximum: number, visit: (topicName: string, value: Value) => void): boolean
}

const PLACES_PER_VISIT = 16

/** Topic Names to values, looked up by filter. */
export class RetainedIndex<Value> {
  readonly #root: Node<Value> = { topicName: undefined, value: undefined, children: undefined }
  readonly #exact = new WideMap<Node<Value>>()

  get size(): number {
    return this.#exact.size
  }

  get(topicName: string): Value | undefined {
    return this.#exact.get(topicName)?.value
  }

  /** Returns what was there before. */
  set(topicName: string, value: Value): Value | undefined {
    const known = this.#exact.get(topicName)
    if (known !== undefined) {
      const before = known.value
      known.value = value
      return before
    }
    let node = this.#root
    for (const level of topicName.split('/')) {
      node.children ??= new WideMap()
      let child = node.children.get(level)
      if (child === undefined) {
        node.children.add(level, (child = { topicName: undefined, value: undefined, children: undefined }))
      }
      node = child
    }
    node.topicName = topicName
    node.value = value
    this.#exact.add(topicName, node)
    return undefined
  }

  /** Returns what was there; levels that nothing needs any more go with it. */
  delete(topicName: string): Value | undefined {
    const known = this.#exact.get(topicName)
    if (known === undefined) return undefined
    const before = known.value
    this.#exact.delete(topicName)
    known.topicName = undefined
    known.value = undefined
    const levels = topicName.split('/')
    const path = [this.#root]
    for (const level of levels) path.push(path.at(-1)!.children!.get(level)!)
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth]!
      if (node.topicName !== undefined || node.children !== undefined) break
      const parent = path[depth - 1]!
      parent.children!.delete(levels[depth - 1]!)
      if (parent.children!.size === 0) parent.children = undefined
    }
    return before
  }

  match(topicFilter: string): RetainedCursor<Value> {
    if (!isTopicRefusal(parseTopicName(topicFilter))) return this.#one(topicFilter)
    const walk = matching(this.#root, topicFilter.split('/'))
    return {
      take(maximum, visit) {
        let visits = 0
        for (let places = 0; visits < maximum && places < maximum * PLACES_PER_VISIT; places++) {
          const step = walk.next()
          if (step.done === true) return false
          const node = step.value
          if (node?.topicName === undefined) continue
          visits++
          visit(node.topicName, node.value as Value)
        }
        return true
      },
    }
  }

  #one(topicName: string): RetainedCursor<Value> {
    let taken = false
    return {
      take: (_maximum, visit) => {
        const node = taken ? undefined : this.#exact.get(topicName)
        taken = true
        if (node !== undefined) visit(topicName, node.value as Value)
        return false
      },
    }
  }
}

/** Each place that is looked at; a stack instead of recursion, iterators that live with changes. */
function* matching<Value>(root: Node<Value>, filter: readonly string[]): Generator<Node<Value> | undefined, void> {
  const stack: { nodes: Iterator<[string, Node<Value>]>; depth: number }[] = []
  const enter = (node: Node<Value>, depth: number): void => {
    const level = filter[depth]
    if (level === undefined || node.children === undefined) return
    if (level === '+' || level === '#') stack.push({ nodes: node.children.entries(), depth })
    else {
      const child = node.children.get(level)
      if (child !== undefined) stack.push({ nodes: [[level, child] as [string, Node<Value>]].values(), depth })
    }
  }
  enter(root, 0)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const step = top.nodes.next()
    if (step.done === true) {
      stack.pop()
      continue
    }
    const [level, node] = step.value
    const { depth } = top
    const inHash = filter[depth] === '#'
    // [MQTT-4.7.2-1]
    const hidden = stack.length === 1 && level.startsWith('$') && (filter[0] === '+' || filter[0] === '#')
    if (hidden) {
      yield undefined
      continue
    }
    const ends = inHash || depth === filter.length - 1 || (depth === filter.length - 2 && filter.at(-1) === '#')
    yield ends ? node : undefined
    enter(node, inHash ? depth : depth + 1)
  }
}
