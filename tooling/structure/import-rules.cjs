/**
 * What may import what. tooling/structure/package-graph.json is the map between packages; the rest are the rules inside them.
 * Tests may reach for their tools and for sibling packages, so most rules look at shipped code only.
 */
const graph = require('./package-graph.json')

const SHIPPED = '\\.test\\.ts$|\\.config\\.ts$|/testing/|/tests?/'
const PURE =
  '^packages/(mqtt-codec/src/(?!node\\.ts|text-node)|mqtt-topics/src|mqtt-qos/src|mqtt-client/src/core|mqtt-broker/src/(core|engine))'

const betweenPackages = Object.entries(graph).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `${folder} may import ${allowed.length === 0 ? 'no other package of ours' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^${folder}/src`, pathNot: SHIPPED },
  to: { path: '^(packages|apps|tooling)/', pathNot: [`^${folder}/`, ...allowed.map((each) => `^${each}/`)] },
}))

module.exports = {
  forbidden: [
    ...betweenPackages,
    {
      name: 'resolvable',
      comment: 'An import that resolves to nothing escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-never-shell',
      comment:
        'The pure parts of client and broker run no code that knows promises, sockets and timers. Types cost nothing.',
      severity: 'error',
      from: { path: '^packages/mqtt-(client|broker)/src/(core|engine|ports)/', pathNot: SHIPPED },
      to: {
        path: '^packages/(mqtt-(client|broker)/src/(shell|api|store|stores|auth|metrics)/|mqtt-transport/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'core-never-engine',
      severity: 'error',
      from: { path: '^packages/mqtt-broker/src/core/', pathNot: SHIPPED },
      to: { path: '^packages/mqtt-broker/src/engine/' },
    },
    {
      name: 'pure-never-node',
      comment: 'Pure code runs in a browser: no module of Node, no package of npm.',
      severity: 'error',
      from: { path: PURE, pathNot: SHIPPED },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^packages/',
      },
    },
    {
      name: 'ports-are-types',
      comment: 'A port is an interface: importing one must not load code.',
      severity: 'error',
      from: { path: '^packages/mqtt-(client|broker)/src/ports/', pathNot: SHIPPED },
      to: { dependencyTypesNot: ['type-only'], pathNot: '^packages/mqtt-(client|broker)/src/ports/' },
    },
    {
      name: 'shipped-never-test',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src', pathNot: SHIPPED },
      to: { path: '\\.test\\.ts$|/testing/', pathNot: '/testing/index\\.ts$' },
    },
    {
      name: 'shipped-never-dev-dependency',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src', pathNot: SHIPPED },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'], pathNot: '^packages/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // tsup writes its configuration beside itself while it builds, and takes it away again.
    exclude: { path: '(^|/)(dist|coverage|node_modules)/|tsup\\.config\\.bundled' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['godwit-source', 'import', 'node', 'default', 'types', 'require'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
