// Layers, top first, as ARCHITECTURE.md draws them. A module imports from the layers below its own and from
// itself, never from its own layer.
const LAYERS = [
  ['main', 'commands'],
  ['daemon'],
  ['api', 'jobs', 'backtest', 'notifications'],
  ['monitoring', 'pipeline', 'lookalikes'],
  ['trading', 'training'],
  ['risk', 'signals'],
  ['models'],
  ['quality'],
  ['features', 'collection'],
  ['coordination', 'transfer', 'backup'],
  ['exchange', 'storage', 'recording', 'artifacts'],
  ['domain'],
  ['lib'],
];

// `main` and `daemon` are files; the parts of `daemon.ts` have a folder beside it.
const path = (name) => `^src/${name}(\\.ts$|/)`;
const TESTS = '\\.test\\.ts$';

const direction = LAYERS.flatMap((layer, depth) =>
  layer.map((name) => {
    const above = LAYERS.slice(0, depth).flat();
    const beside = layer.filter((other) => other !== name);
    return {
      name: `${name}-imports-down-only`,
      severity: 'error',
      comment: `${name} may not import from ${[...above, ...beside].join(', ')}`,
      from: { path: path(name), pathNot: TESTS },
      to: { path: [...above, ...beside].map(path) },
    };
  }),
).filter((rule) => rule.to.path.length > 0);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { pathNot: TESTS }, to: { circular: true } },
    ...direction,
    {
      name: 'demo-stands-alone',
      severity: 'error',
      comment:
        'The demo exchange knows nothing of the daemon, and only the daemon and tests know it.',
      from: { path: '^src/demo/', pathNot: TESTS },
      to: { path: '^src/', pathNot: '^src/(demo|recording|domain|lib)/' },
    },
    {
      name: 'demo-is-handed-in',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/demo/', '^src/daemon', TESTS] },
      to: { path: '^src/demo/' },
    },
    {
      name: 'settings-are-handed-in',
      severity: 'error',
      comment:
        'Modules take what they need as options; only the entry and the wiring see the settings.',
      from: { path: '^src/', pathNot: ['^src/(main|commands|daemon)', TESTS] },
      to: { path: '^config/' },
    },
    {
      name: 'only-exchange-sees-ccxt',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/exchange/', TESTS] },
      to: { path: 'node_modules/ccxt' },
    },
    {
      name: 'only-one-loads-onnxruntime',
      severity: 'error',
      comment: 'It sends telemetry unless that is switched off before it is loaded.',
      from: { pathNot: '^src/models/onnx-runtime\\.ts$' },
      to: { path: 'node_modules/onnxruntime' },
    },
    {
      name: 'only-artifacts-sees-s3',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/artifacts/', TESTS] },
      to: { path: 'node_modules/@aws-sdk' },
    },
    {
      name: 'only-storage-sees-sql',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/(storage|transfer|backup|coordination/data-dir-lock)', TESTS],
      },
      to: { path: 'node_modules/(knex|mysql2|better-sqlite3)' },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { path: '^(src|config|migrations|scripts)/', pathNot: TESTS },
      to: { path: ['^test/', TESTS] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    includeOnly: '^(src|config|migrations|scripts|test|bench|node_modules)/',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'node', 'types'],
    },
  },
};
