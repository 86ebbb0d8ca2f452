// The arrows between the rooms of this house; test/tidy/arrows.test.ts holds the tree against them.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two modules that need each other are one module. Type-only imports count: they bind the reader, too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'services-use-packages-only',
      comment: 'A service holds what only it does; what two services need is a package.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-do-not-use-services',
      comment: 'Arrows point one way: services to packages.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'production-does-not-use-tests',
      comment: 'What only tests need stays out of dist: test-kit, fixtures, and the ./testing entry of a package.',
      severity: 'error',
      from: {
        path: '^(packages|services)/[^/]+/src/',
        pathNot: ['\\.test(-d)?\\.ts$', '^packages/(test-kit|fault-harness)/'],
      },
      to: { path: ['^packages/test-kit/', '/fixtures/', '^(packages|services)/[^/]+/testing/', '\\.test(-d)?\\.ts$'] },
    },
    {
      name: 'only-store-uses-postgres',
      comment:
        'SQL has one home. test-kit creates and drops databases for tests. The bench and the fault harness look at Postgres from outside, with a client of its own: its floor is plain SQL, measured without the code under measure. local-stack asks the server that it has started whether it answers. The doctor asks from outside, since the services’ own clients may be what does not work.',
      severity: 'error',
      from: {
        path: '^(packages|services|test)/',
        pathNot: ['^packages/(store|test-kit|bench|doctor|fault-harness)/', '^packages/local-stack/'],
      },
      to: { path: 'node_modules/(pg|kysely)/' },
    },
    {
      name: 'only-bus-uses-the-nats-client',
      comment:
        'The NATS client has one home. bus-credentials changes accounts on a connection of its own. local-stack asks the server that it has started whether it answers. The bench and the fault harness have clients of their own, as with Postgres.',
      severity: 'error',
      from: {
        path: '^(packages|services|test)/',
        pathNot: [
          '^packages/(bus|bus-credentials|bench|doctor|fault-harness|local-stack)/',
          '^packages/cli/src/bus-credentials\\.test\\.ts$',
        ],
      },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'domain-logic-is-pure',
      comment:
        'Placement, rollout, status, patches and validation are functions on plain objects: no I/O, no clock, no randomness. Of net they use isIP, of util isDeepStrictEqual; openapi loads the documents that its build has generated.',
      severity: 'error',
      from: {
        path: '^packages/(objects|authorization|daemonset|kubelet|workloads|endpoints|patch|openapi|pod-admission|history-checker)/src/',
        pathNot: ['\\.test\\.ts$', '^packages/openapi/src/descriptions\\.ts$'],
      },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|net|util|zlib)$' },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    // Type-only imports count as arrows.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['everynode-source', 'import', 'node', 'default'],
    },
  },
};
