// What plant.mjs needs of the simulator, in one bundle with the bug in it.
export { drawPlan } from './draw-plan.ts'
export { regressionFromText, regressionToText } from './plan-file.ts'
export { runPlan } from './run-seed.ts'
export { shrink } from './shrink.ts'
