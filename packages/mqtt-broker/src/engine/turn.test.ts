import { describe, expect, it } from 'vitest'
import { Turn, type Flushable } from './turn.ts'

/** A turn whose loop comes round when the test says so. */
class Loop {
  /** How each turn ended: with the chunk, or by the loop. */
  readonly ends: string[] = []
  readonly turn: Turn = new Turn(
    () => (this.#scheduled = true),
    () => this.#end('chunk'),
  )
  #scheduled = false
  readonly #output: Flushable = { flush: () => {} }

  /** Some bytes come, and cause something to be written. */
  chunk(bytes = 10, cause: () => void = () => this.turn.dirty(this.#output)): void {
    this.turn.beginChunk(bytes)
    cause()
    this.turn.endChunk()
  }

  /** Nobody has anything to read any more. Returns how the turns since the last time ended. */
  round(): readonly string[] {
    if (this.#scheduled) {
      this.#scheduled = false
      this.#end('loop')
    }
    return this.ends.splice(0)
  }

  /** So many times a chunk that is alone. */
  lone(times: number): readonly string[] {
    return Array.from({ length: times }, () => (this.chunk(), this.round())).flat()
  }

  #end(how: string): void {
    this.ends.push(how)
    this.turn.begin()
    this.turn.flush()
  }
}

describe('Turn', () => {
  it('ends with the chunk where four chunks have come alone, and every sixteenth time by the loop', () => {
    const ends = new Loop().lone(50)
    const byLoop = ends.flatMap((end, place) => (end === 'loop' ? [place] : []))
    expect(byLoop).toEqual([0, 1, 2, 3, 16, 32, 48])
  })

  it('merges what chunks of one turn cause, and asks the loop again as soon as it has seen them come together', () => {
    const loop = new Loop()
    loop.lone(16)
    for (let number = 0; number < 3; number++) loop.chunk()
    expect(loop.round()).toEqual(['loop'])
    expect(loop.lone(5)).toEqual(['loop', 'loop', 'loop', 'loop', 'chunk'])
  })

  it('does not ask for the loop where a chunk causes nothing, nor counts it', () => {
    const loop = new Loop()
    loop.lone(4)
    for (let number = 0; number < 3; number++) loop.chunk(10, () => {})
    expect(loop.round()).toEqual([])
    expect(loop.lone(1)).toEqual(['chunk'])
  })

  it.each<[string, (loop: Loop) => void]>([
    ['a chunk of a burst', (loop) => loop.chunk(4097)],
    ['what no chunk has caused', (loop) => loop.turn.wake()],
    ['a chunk that comes when the end is asked for already', (loop) => (loop.turn.wake(), loop.chunk())],
    ['whoever has used up its share', (loop) => loop.chunk(10, () => loop.turn.defer({ continue: () => {} }))],
  ])('leaves %s to the loop', (_what, cause) => {
    const loop = new Loop()
    loop.lone(5)
    cause(loop)
    expect(loop.ends).toEqual([])
    expect(loop.round()).toEqual(['loop'])
  })

  it.each([10, 5000])('takes a chunk of %i bytes that comes inside of another for a part of it', (bytes) => {
    const loop = new Loop()
    loop.lone(4)
    loop.chunk(10, () => {
      loop.turn.wake()
      loop.chunk(bytes, () => {})
      expect(loop.ends).toEqual([])
    })
    expect(loop.round()).toEqual(['chunk'])
  })

  it('leaves a chunk to the loop that comes while it ends, because something was written', () => {
    const loop = new Loop()
    loop.lone(4)
    const bringing: Flushable = { flush: () => loop.chunk() }
    loop.chunk(10, () => loop.turn.dirty(bringing))
    expect(loop.ends).toEqual(['chunk'])
    expect(loop.round()).toEqual(['chunk', 'loop'])
  })

  it('gives what is said while it ends to the next one, by the loop', () => {
    const loop = new Loop()
    loop.lone(4)
    const late: Flushable = { flush: () => loop.turn.wake() }
    loop.chunk(10, () => loop.turn.dirty(late))
    expect(loop.ends).toEqual(['chunk'])
    expect(loop.round()).toEqual(['chunk', 'loop'])
  })
})
