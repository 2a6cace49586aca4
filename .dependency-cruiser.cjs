/** Imports point one way (docs/architecture.md): bin -> lib -> *.env.ts + contracts, *.lambda.ts -> adapters -> domain -> kernel. */
const SHARED = '^functions/(kernel|contracts|platform)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two modules that need each other are one module, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel is what everything stands on.',
      severity: 'error',
      from: { path: '^functions/kernel/' },
      to: { pathNot: ['^functions/kernel/', '^(node:)?(crypto|util)$'] },
    },
    {
      name: 'contracts-are-schemas',
      comment: 'A contract is what both sides can read without the other.',
      severity: 'error',
      from: { path: '^functions/contracts/' },
      to: { pathNot: ['^functions/(contracts|kernel)/', 'node_modules/zod/'] },
    },
    {
      name: 'context-imports-no-context',
      comment: 'Contexts meet only in functions/contracts.',
      severity: 'error',
      from: { path: '^functions/([^/]+)/', pathNot: SHARED },
      to: { path: '^functions/([^/]+)/', pathNot: [SHARED, '^functions/$1/'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'The domain decides; it knows no AWS, no I/O and no adapter. Ports are its own.',
      severity: 'error',
      from: { path: '^functions/([^/]+)/domain/' },
      to: {
        pathNot: [
          '^functions/$1/domain/',
          '^functions/(kernel|contracts)/',
          // Parsers that do nothing but parse: text in, value out.
          'node_modules/(zod|yaml)/',
          '^(node:)?(buffer|crypto|util|zlib)$',
        ],
      },
    },
    {
      name: 'adapters-know-no-handler',
      comment: 'Only the composition root knows the adapters.',
      severity: 'error',
      from: { path: '^functions/[^/]+/(adapters|domain)/' },
      to: { path: '[.]lambda[.]ts$' },
    },
    {
      name: 'env-is-a-schema',
      comment: 'lib reads it at synth: nothing of the function may come along.',
      severity: 'error',
      from: { path: '[.]env[.]ts$' },
      to: { pathNot: ['node_modules/zod/', '^functions/contracts/', '[.]env[.]ts$'] },
    },
    {
      name: 'lib-knows-no-handler',
      comment: 'lib names handlers by path; it shares their environment schemas and the contracts.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        path: '^functions/',
        pathNot: ['[.]env[.]ts$', '^functions/contracts/', '^functions/platform/env[.]ts$'],
      },
    },
    {
      name: 'functions-know-no-infrastructure',
      comment: 'A function does not know how it was deployed.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(lib|bin|scripts)/|node_modules/(aws-cdk-lib|constructs)/' },
    },
    {
      name: 'production-needs-no-test',
      severity: 'error',
      comment: 'Nothing that is deployed may need what only tests have.',
      from: { path: '^(bin|lib|functions)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      comment: 'A bundle may only hold what package.json lists under dependencies.',
      from: { path: '^functions/', pathNot: '[.]d[.]ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
