// `npm test`: everything that is checked before a change lands. tooling/house/check-all.mjs has the steps.
// This file must parse on any Node that knows modules, so that an old one gets a sentence and not a syntax error.
var version = process.versions.node.split('.').map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error('Godwit needs Node 20.19 or newer; this is Node ' + process.versions.node + '. https://nodejs.org')
  process.exit(1)
}

void import('./check-all.mjs').then(function (module) {
  return module.checkAll()
})
