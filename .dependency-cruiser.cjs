// Who may import whom. The table is the rule.
const MAY = {
  // folder: everything of ours it may reach besides itself
  'src/base': [],
  'src/protocol': ['src/base'],
  'src/trust': ['src/(base|protocol)'],
  'src/evidence': ['src/(base|protocol|trust)'],
  'src/metering': ['src/(base|protocol)'],
  'src/exchange': ['src/(base|protocol|trust|evidence|metering)'],
  'src/adapters': ['src/(base|protocol|trust|evidence|metering|exchange)'],
  'src/local': ['src/(?!cli)', 'functions'],
  'src/cli': ['src/', 'scenarios', 'lib/(config/|limits\\.ts$|names\\.ts$)'], // what the configuration file says, without the CDK
  functions: ['src/(?!cli|local)'],
  scenarios: ['src/(base|protocol|trust|evidence|exchange|local)'],
  lib: ['functions/[^/]+/settings\\.ts$', 'src/(base|metering)'], // metering: the idle bill is reckoned with the prices of the product
  bin: ['lib', 'src/cli'],
  console: [], // HTTP only
}
const PURE = '^src/(base|protocol|trust|evidence|metering|exchange)/'
const OURS = '^(src|functions|lib|bin|console|scenarios|test|bench)/'
const SHIPPED = '^(src|functions|lib|bin|scenarios)/'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

module.exports = {
  forbidden: [
    ...Object.entries(MAY).map(([from, to]) =>
      rule(`${from} reaches too far`, { path: `^${from}/` }, { path: OURS, pathNot: [from, ...to].map((path) => `^${path}`) }),
    ),
    rule('pure code does no I/O', { path: PURE }, { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib|buffer)$' }),
    rule('pure code knows no cloud', { path: PURE }, { path: '@aws-sdk|@aws-lambda-powertools|aws-cdk-lib|aws-lambda' }),
    rule(
      'AWS is bound in index.ts and the CLI',
      { path: OURS, pathNot: '^(functions/[^/]+/index\\.ts$|src/(adapters/aws|cli)/|test/)' },
      { path: '^src/adapters/aws/' },
    ),
    rule('nobody imports a bound door', {}, { path: '^functions/[^/]+/index\\.ts$' }),
    rule('a handler knows neither middy nor AWS', { path: '^functions/[^/]+/handler\\.ts$' }, { path: '@middy|@aws-sdk' }),
    rule(
      'shipped code needs no development package',
      { path: SHIPPED, pathNot: '^(functions|lib)/|^bin/app\\.ts$' },
      { dependencyTypes: ['npm-dev'], pathNot: '/@types/' },
    ),
    rule('the stock-shaped peer of the tests knows nothing of ours', { path: '^test/peer/' }, { path: OURS, pathNot: '^test/peer/' }),
    rule('every import is found', {}, { couldNotResolve: true }),
    rule('no circles', {}, { circular: true }),
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
}
