/** The architecture of docs/architecture.md, as rules that fail the check. */
const tiers = [
  ['schema', 'config', 'errors', 'logging', 'privacy', 'metrics'],
  ['db', 'events', 'redis', 'telemetry'],
  ['ratelimit', 'idempotency', 'overload', 'broadcast', 'logstore', 'audit'],
  ['auth', 'resilience', 'cache', 'flags', 'entitlements'],
  ['http', 'realtime', 'jobs'],
  ['module', 'lifecycle'],
];
const kernel = '^backend/src/kernel/';
/** Tests, and a module's own claims for `npm run prove`, benches, tests in a browser and what tests are built from. */
const test = '\\.test\\.ts$|^backend/src/modules/[^/]+/(prove|bench|e2e|testing)/';

const tierRules = tiers.flatMap((pieces, tier) =>
  tiers.slice(tier + 1).length === 0
    ? []
    : [
        {
          name: `kernel-tier-${tier}-imports-no-higher-tier`,
          severity: 'error',
          comment: 'A kernel piece imports lower tiers only.',
          from: { path: `${kernel}(${pieces.join('|')})/`, pathNot: test },
          to: {
            path: `${kernel}(${tiers
              .slice(tier + 1)
              .flat()
              .join('|')})/`,
          },
        },
      ],
);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...tierRules,
    {
      name: 'kernel-piece-by-its-index',
      severity: 'error',
      comment: 'A kernel piece is imported by its index.ts only.',
      from: { path: '^backend/src/(?:kernel/([^/]+)/|modules/|scripts/|[^/]+$)', pathNot: test },
      to: { path: `${kernel}[^/]+/.+`, pathNot: [`${kernel}[^/]+/index\\.ts$`, `${kernel}$1/`] },
    },
    {
      name: 'kernel-knows-no-module',
      severity: 'error',
      from: { path: kernel },
      to: { path: '^backend/src/(modules|app|modules\\.ts|index\\.ts)' },
    },
    {
      name: 'what-removal-leaves-untested-reaches-no-module',
      severity: 'error',
      comment:
        'check-removal.ts leaves out the tests in these folders, so nothing in them may lead to a module.',
      from: { path: '^backend/(src/kernel|local/(auth|postgres))/' },
      to: {
        path: '^backend/src/(modules|modules\\.ts|app(-options)?\\.ts|run-server\\.ts)',
        reachable: true,
      },
    },
    {
      name: 'module-imports-no-module',
      severity: 'error',
      from: { path: '^backend/src/modules/([^/]+)/' },
      to: { path: '^backend/src/modules/', pathNot: '^backend/src/modules/$1/' },
    },
    {
      name: 'modules-by-their-index',
      severity: 'error',
      comment: 'Only modules.ts names the modules, and only by their index.ts.',
      from: { path: '^backend/src/', pathNot: ['^backend/src/modules/', test] },
      to: { path: '^backend/src/modules/', pathNot: '^backend/src/modules/[^/]+/index\\.ts$' },
    },
    {
      name: 'only-the-list-imports-modules',
      severity: 'error',
      from: { path: '^backend/', pathNot: ['^backend/src/modules\\.ts$', '^backend/src/modules/'] },
      to: { path: '^backend/src/modules/' },
    },
    {
      name: 'service-knows-no-transport',
      severity: 'error',
      from: { path: '^backend/src/modules/[^/]+/[^/]*service\\.ts$' },
      to: {
        path: ['^node_modules/(express|socket\\.io|pg)/', `${kernel}(http|realtime)/`],
      },
    },
    {
      name: 'repository-knows-the-database-only',
      severity: 'error',
      from: { path: '^backend/src/modules/[^/]+/[^/]*repository\\.ts$' },
      to: {
        path: '^backend/src/',
        pathNot: [`${kernel}(db|errors|schema)/`, '^backend/src/modules/'],
      },
    },
    {
      name: 'doors-reach-no-repository',
      severity: 'error',
      comment: 'Routes, sockets, jobs and webhooks go through the service.',
      from: { path: '^backend/src/modules/[^/]+/(routes|sockets|jobs|webhooks)\\.ts$' },
      to: { path: ['repository\\.ts$', `${kernel}db/`], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'server-knows-no-tool',
      severity: 'error',
      comment: 'The server has no local path: what stands in for Supabase is never imported.',
      from: { path: '^backend/src/', pathNot: test },
      to: { path: '^(backend/(local|test)|scripts)/' },
    },
    {
      name: 'console-talks-http-and-sockets-only',
      severity: 'error',
      comment:
        'The console knows the API as any client does, and can be deployed without the rest.',
      from: { path: '^admin/src/' },
      to: { path: '^(backend|scripts|admin/e2e)/' },
    },
    {
      name: 'server-knows-no-console',
      severity: 'error',
      from: { path: '^backend/', pathNot: test },
      to: { path: '^admin/' },
    },
    {
      name: 'only-declared-packages-in-the-server',
      severity: 'error',
      comment: 'What the server imports is a dependency of backend/package.json.',
      from: { path: '^backend/src/', pathNot: test },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^node_modules/@types/',
      },
    },
    {
      name: 'express-and-socket-io-in-their-pieces',
      severity: 'error',
      from: {
        path: '^backend/src/',
        pathNot: [`${kernel}(http|realtime)/`, '^backend/src/app(-options)?\\.ts$', test],
      },
      to: { path: '^node_modules/(express|socket\\.io)/' },
    },
    {
      name: 'sentry-in-kernel-telemetry',
      severity: 'error',
      comment: 'Reports go through the ErrorReporter, and so through the scrubber.',
      from: { path: '^backend/src/', pathNot: [`${kernel}telemetry/`, test] },
      to: { path: '^node_modules/@sentry/' },
    },
    {
      name: 'pg-in-kernel-db',
      severity: 'error',
      from: { path: '^backend/src/', pathNot: [`${kernel}db/`, test] },
      to: { path: '^node_modules/pg/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/dist/', '^scripts/runtime/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
