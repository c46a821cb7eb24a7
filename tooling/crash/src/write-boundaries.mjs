// Loaded into the broker under test with `--import`, and only there: nothing in what we ship knows of it. After a SIGUSR2 it counts
// the batches that go to LevelDB and ends the process with SIGKILL at the one that GODWIT_CRASH_AT names: `before:3` when the third
// is about to be written, `after:3` when it is on the disk and nobody has been told.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../../packages/mqtt-store-level/package.json', import.meta.url))
const { ClassicLevel } = require('classic-level')

const [moment, count] = (process.env.GODWIT_CRASH_AT ?? ':').split(':')
let left = Infinity
process.on('SIGUSR2', () => {
  left = Number(count)
  process.send?.('armed')
})

const { batch } = ClassicLevel.prototype
ClassicLevel.prototype.batch = function (...given) {
  const made = batch.apply(this, given)
  if (given.length > 0) return made
  const { write } = made
  made.write = async function (...options) {
    left -= 1
    if (left === 0 && moment === 'before') process.kill(process.pid, 'SIGKILL')
    const written = await write.apply(this, options)
    if (left === 0 && moment === 'after') process.kill(process.pid, 'SIGKILL')
    return written
  }
  return made
}
