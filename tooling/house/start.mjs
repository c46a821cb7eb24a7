// `npm start`: sets the checkout up where needed, builds what the broker needs, and becomes `godwit`.
// This file must parse on any Node that knows modules, so that an old one gets a sentence and not a syntax error.
var version = process.versions.node.split('.').map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error('Godwit needs Node 20.19 or newer; this is Node ' + process.versions.node + '. https://nodejs.org')
  process.exit(1)
}

void import('./start-broker.mjs').then(function (module) {
  return module.startBroker(process.argv.slice(2))
})
